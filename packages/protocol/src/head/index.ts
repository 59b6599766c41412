// HTTP/1.1 message heads (RFC 9112 §2–§5), read and written. Nothing here knows what a handshake is.
export { headerValues } from "./head.ts";
export type { Header, RequestHead, ResponseHead } from "./head.ts";
export { HeadDecoder, HeadEvent } from "./head-decoder.ts";
export type { HeadLimits } from "./head-decoder.ts";
export type { HeadersInput } from "./head-encoding.ts";
export { headerList } from "./header-list.ts";
export type { HeaderList } from "./header-list.ts";
export { printable } from "./printable.ts";
