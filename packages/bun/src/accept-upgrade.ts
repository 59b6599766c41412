import type { AcceptUpgrade } from "@ws/endpoint";
import { defineAcceptUpgrade } from "@ws/endpoint/internal";

import { host } from "./host.ts";

/** Answers one request of an existing server of `node:http` or `node:https`: call it from the server's `upgrade` event. */
export const acceptUpgrade: AcceptUpgrade = /* @__PURE__ */ defineAcceptUpgrade(host, () => import("@ws/endpoint/internal/node-http"));
