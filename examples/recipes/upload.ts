/** A file as one message, larger than memory would like: sent piece by piece, and written piece by piece where it arrives. */
import { createReadStream, createWriteStream, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";

import { connect, listen } from "@ws/node";

const folder = mkdtempSync(join(tmpdir(), "upload-"));
writeFileSync(join(folder, "original"), new Uint8Array(3_000_000).fill(7));

const server = await listen({ streaming: true, maxMessageBytes: 10_000_000 }, async (connection) => {
  for await (const file of connection.incoming()) {
    await pipeline(file, createWriteStream(join(folder, "received")));
    connection.send("stored");
  }
});

const connection = await connect(server.url);
await connection.sendStream(createReadStream(join(folder, "original")));
for await (const message of connection) {
  console.log(message, statSync(join(folder, "received")).size);
  connection.close();
}
await server.close();
rmSync(folder, { recursive: true });

/* prints
stored 3000000
*/
