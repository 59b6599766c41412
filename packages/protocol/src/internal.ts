// What other packages of this repository use and no program should: no semver. It changes in any release, patches included.

export { concatenate } from "./concatenate.ts";
export { acceptOffer, confirmResponse, formatOffers } from "./deflate/negotiate.ts";
export type { AcceptedOffer, DeflateAgreement } from "./deflate/negotiate.ts";
export { MalformedParameters, readParameters } from "./deflate/parameters.ts";
export type { DeflateParameters } from "./deflate/parameters.ts";
export { DeflateTransform } from "./deflate/transform.ts";
export type { DirectionParameters } from "./deflate/transform.ts";
export { GUID } from "./handshake/accept-key.ts";
export { base64Encode } from "./handshake/base64.ts";
export { parseAuthority } from "./handshake/origin.ts";
export type { Authority } from "./handshake/origin.ts";
export { sha1 } from "./handshake/sha1.ts";
export { headerValues } from "./head/head.ts";
export { printable } from "./head/printable.ts";
export { contentOf, isPrepared } from "./prepared-message.ts";
export { Queue } from "./queue.ts";
export { requireAmount } from "./usage.ts";
