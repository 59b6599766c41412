import { setImmediate } from "node:timers";

const waiting: (() => void)[] = [];

/** Fulfilled in a later turn of the event loop, for one caller a turn: so much is done between two looks at the sockets, however many messages are in progress. */
export function pause(): Promise<void> {
  return new Promise((resolve) => {
    if (waiting.push(resolve) === 1) setImmediate(turn);
  });
}

function turn(): void {
  const resolve = waiting.shift();
  if (waiting.length > 0) setImmediate(turn);
  resolve?.();
}
