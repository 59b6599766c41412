/** A file down, as the web's streams: read as it is asked for, and digested as it arrives. */
import { createHash } from "node:crypto";
import { createReadStream, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { connect, listen } from "@ws/node";

const folder = mkdtempSync(join(tmpdir(), "download-"));
const file = join(folder, "file");
writeFileSync(file, "The quick brown fox jumps over the lazy dog\n".repeat(20_000));

const server = await listen({}, async (connection) => {
  for await (const name of connection) if (name === "file") await connection.sendStream(createReadStream(file));
});

const connection = await connect(server.url, { streaming: true });
connection.send("file");
for await (const message of connection.incoming()) {
  const hash = createHash("sha256");
  let length = 0;
  for await (const piece of message) {
    hash.update(piece);
    length += piece.length;
  }
  console.log(length, hash.digest("hex").slice(0, 16));
  connection.close();
}
await server.close();
rmSync(folder, { recursive: true });

/* prints
880000 948863d41b00a7f9
*/
