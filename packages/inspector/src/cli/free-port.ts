/** A hint for people whose port is taken. */
import { createServer } from "node:net";

/** The next free port above `port`, or any free one. */
export async function freePortNear(port: number, host = "127.0.0.1"): Promise<number> {
  for (let candidate = port + 1; candidate < Math.min(port + 50, 65_536); candidate += 1) {
    if ((await tryPort(candidate, host)) !== undefined) return candidate;
  }
  return (await tryPort(0, host)) ?? 0;
}

function tryPort(port: number, host: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => {
      resolve(undefined);
    });
    server.listen(port, host, () => {
      const address = server.address();
      server.close(() => {
        resolve(typeof address === "object" && address !== null ? address.port : undefined);
      });
    });
  });
}
