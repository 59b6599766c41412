/** Time is a parameter: the engine of a connection does nothing by itself, so a test goes through hours in no time. */
import { ConnectionEngine, EngineEvent } from "@ws/protocol";

const hour = 3_600_000;
const engine = new ConnectionEngine({ role: "server", now: 0, keepAlive: { interval: hour, timeout: hour } });
const hex = (pieces: readonly Uint8Array[]): string =>
  pieces.map((piece) => Array.from(piece, (byte) => byte.toString(16)).join(" ")).join(" ");

while (engine.closed === undefined) {
  const now = engine.nextDeadline;
  engine.handleTimeout(now);
  for (let event = engine.poll(); event !== EngineEvent.NONE; event = engine.poll()) {
    if (event === EngineEvent.FAILED) console.log("after", now / hour, "hours:", engine.error?.code);
  }
  const output = engine.takeOutput();
  if (output.length > 0) console.log("after", now / hour, "hours:", hex(output));
  if (engine.wantsDestroy) engine.transportLost();
  while (engine.poll() !== EngineEvent.NONE);
}
console.log(engine.closed.code);

/* prints
after 1 hours: 89 4 0 0 0 1
after 2 hours: KEEP_ALIVE_TIMEOUT
1006
*/
