// The opening handshake (RFC 6455 §4) of both roles, with the HTTP heads and the extensions (§9) that it is made of.
// Nothing here does I/O, knows the time or makes random numbers.

export type { Extension } from "../extension/extension.ts";
export { formatExtensions, parseExtensions } from "../extension/extension-list.ts";
export type { ExtensionOffer, ExtensionParameter } from "../extension/extension-list.ts";
export { acceptExtensions, confirmExtensions, offerExtensions } from "../extension/negotiation.ts";
export type { AcceptedExtensions } from "../extension/negotiation.ts";
export { HANDSHAKE_FAILURES, HandshakeFailure } from "../handshake-failure.ts";
export type { HandshakeFailureCode, RefusedResponse } from "../handshake-failure.ts";
export { HeadDecoder, HeadEvent } from "../head/head-decoder.ts";
export type { HeadDecoderOptions, HeadLeniencies, HeadLimits } from "../head/head-options.ts";
export type { HeadersInput } from "../head/head-encoding.ts";
export type { Header, RequestHead, ResponseHead } from "../head/head.ts";
export { headerList } from "../head/header-list.ts";
export type { HeaderList } from "../head/header-list.ts";
export { acceptKey } from "./accept-key.ts";
export type { Sha1 } from "./accept-key.ts";
export { ClientHandshake, HandshakeEvent } from "./client-handshake.ts";
export type { ClientHandshakeOptions } from "./client-handshake.ts";
export { encodeAccept } from "./encode-accept.ts";
export type { HandshakeResponseOptions } from "./encode-accept.ts";
export { encodeRequest } from "./encode-request.ts";
export type { HandshakeRequestOptions, SentRequest } from "./encode-request.ts";
export { assertServerHandshakeOptions, evaluateRequest } from "./evaluate-request.ts";
export type { ServerHandshakeOptions, UpgradeRequest } from "./evaluate-request.ts";
export { evaluateResponse } from "./evaluate-response.ts";
export type { EvaluateResponseOptions, UpgradeResponse } from "./evaluate-response.ts";
export type { ClientHandshakeLeniencies, ServerHandshakeLeniencies } from "./leniencies.ts";
export { isOriginAllowed } from "./origin.ts";
export type { AllowedOrigins } from "./origin.ts";
export { createRefusal, encodeRefusal, refusalOf } from "./refusal.ts";
export type { Refusal, RefusalOptions } from "./refusal.ts";
export type { SubprotocolOrder } from "./subprotocols.ts";
