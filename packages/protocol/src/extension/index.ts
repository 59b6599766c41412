// Extensions (RFC 6455 §9): their header, their negotiation, and the ports for those that change messages.
export type { Extension } from "./extension.ts";
export { formatExtensions, parseExtensions } from "./extension-list.ts";
export type { ExtensionOffer, ExtensionParameter } from "./extension-list.ts";
export { acceptExtensions, confirmExtensions, offerExtensions } from "./negotiation.ts";
export type { AcceptedExtensions } from "./negotiation.ts";
export type { MessageTransform, TransformFailure, TransformWork } from "./transform.ts";
