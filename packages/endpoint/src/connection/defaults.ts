/** What the endpoint adds to `DEFAULTS` of @ws/protocol. docs/defaults.md shows both, and a test compares them. */
export const ENDPOINT_DEFAULTS: Readonly<{
  sendHighWaterMark: number;
  idleTimeout: number | false;
  stallTimeout: number;
  receiveHighWaterMark: number;
  maxConnections: number;
  maxPendingHandshakes: number;
}> = /* @__PURE__ */ Object.freeze({
  sendHighWaterMark: 65_536,
  idleTimeout: false,
  stallTimeout: 120_000,
  receiveHighWaterMark: 65_536,
  maxConnections: 65_536,
  maxPendingHandshakes: 4_096,
});
