import { frameStep, type Session } from "@ws/fuzz";
import { replayOnServer } from "@ws/fuzz/run";
import { Opcode } from "@ws/fuzz/wire";
import { expect, test } from "vitest";
import { WebSocketServer } from "ws";

const session: Session = {
  steps: [frameStep(Opcode.TEXT, "a", { fin: false }), frameStep(Opcode.PING, "b"), frameStep(Opcode.CONTINUATION, "c")],
  cuts: 1,
};

test("a Ping inside a fragmented message, one byte at a time", async () => {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  server.on("connection", (socket) => socket.on("message", (message, isBinary) => socket.send(message, { binary: isBinary })));
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as { port: number };
  const { deviations } = await replayOnServer(`ws://127.0.0.1:${port}`, session);
  server.close();
  expect(deviations).toEqual([]);
});
