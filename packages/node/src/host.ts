/** What Node brings to the endpoint: time, turns, randomness, and its native UTF-8 and SHA-1. */
import { hash } from "node:crypto";

import { createHost, type Host } from "@ws/endpoint";
import { bufferUtf8 } from "@ws/endpoint/internal/node-buffer";
import { maskRead } from "@ws/endpoint/internal/read-memory";
import { permessageDeflate } from "@ws/endpoint/zlib";

/** All connections of the process share one timer and one send arena. */
export const host: Host = createHost({
  clock: {
    now: () => performance.now(),
    // The sockets keep the process alive, not their deadlines.
    setTimer: (callback, delay) => setTimeout(callback, delay).unref(),
    clearTimer: (timer) => {
      clearTimeout(timer as NodeJS.Timeout);
    },
    // Not unreferenced: the loop would sleep on with it until something else wakes it.
    turn: (callback) => {
      setImmediate(callback);
    },
    microtask: queueMicrotask,
  },
  fillRandom: (bytes) => crypto.getRandomValues(bytes),
  // Node 26: decoding 16 bytes 52 ns in JavaScript, 70 natively; encoding 8 units 30 ns either way.
  utf8: bufferUtf8({ decode: 16, encode: 8, ascii: Infinity }),
  mask: maskRead,
  sha1: (bytes) => hash("sha1", bytes, "buffer"),
  deflate: permessageDeflate,
  printError: (error) => {
    console.error(error);
  },
});
