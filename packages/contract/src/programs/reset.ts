/** Connects to a port of 127.0.0.1 thirty times, and resets each connection at once. */
import { connect } from "node:net";

const port = Number(process.argv[2]);
for (let index = 0; index < 30; index++) {
  await new Promise<void>((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.resetAndDestroy();
      resolve();
    });
    socket.on("error", () => resolve());
  });
}
process.exit();
