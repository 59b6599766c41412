/** The response that accepts a request (RFC 6455 §4.2.2), and what it agrees on. */
import type { MessageTransform } from "@ws/protocol";
import { acceptExtensions, encodeAccept, type UpgradeRequest as ValidRequest } from "@ws/protocol/handshake";

import { callGuarded } from "../driver/guarded.ts";
import type { AcceptPlan } from "./accept-plan.ts";
import type { Service } from "./service.ts";
import type { Acceptance } from "./upgrade-answer.ts";

export interface AcceptResponse {
  readonly bytes: Uint8Array;
  readonly service: Service;
  /** Empty: none. */
  readonly subprotocol: string;
  /** Empty: none. */
  readonly extensions: string;
  readonly transform: MessageTransform | undefined;
}

/** Throws a TypeError or RangeError for an answer of the program's that cannot be sent; nothing is left open then. */
export function acceptResponse(plan: AcceptPlan, request: ValidRequest, answer: Acceptance): AcceptResponse {
  const { group } = plan;
  const service = answer.handler === undefined ? plan : plan.serviceOf(answer.handler);
  const subprotocol = answer.subprotocol ?? request.subprotocol;
  const { response: extensions, transform } = acceptExtensions(request.offers, service.settings.extensions);
  try {
    const bytes = encodeAccept(request, {
      subprotocol,
      extensions,
      ...(answer.headers && { headers: answer.headers }),
      ...(group.sha1 && { sha1: group.sha1 }),
    });
    return { bytes, service, subprotocol, extensions, transform };
  } catch (error) {
    callGuarded(() => transform?.close?.(), group.printError);
    throw error;
  }
}
