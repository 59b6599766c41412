/**
 * For tests of programs: a client and a server, connected in memory, with a clock that the test moves. No sockets, no timers, nothing to close: what is
 * left when the test ends is garbage. Works with any test runner, in any runtime that has `MessageChannel`.
 */
export { connectedPair, type ConnectedPair, type PairClientOptions, type TestClock } from "./connected-pair.ts";
