import type { AcceptUpgrade } from "@ws/endpoint";
import { defineAcceptUpgrade } from "@ws/endpoint/internal";
import * as nodeHttp from "@ws/endpoint/internal/node-http";

import { host } from "./host.ts";

/** Answers one request of an existing `http` or `https` server: call it from the server's `upgrade` event. */
export const acceptUpgrade: AcceptUpgrade = /* @__PURE__ */ defineAcceptUpgrade(host, () => Promise.resolve(nodeHttp));
