/**
 * The live feed: what the recorder holds and goes on to record, to any number of pages, each at its own pace.
 *
 * A page that reads slowly makes only its own loop wait; what it misses meanwhile is the oldest history.
 */
import type { IncomingMessage, Server } from "node:http";
import type { Socket } from "node:net";

import { encodeJson, encodeRecords, type FeedRecord, RecordKind, type Setup } from "../model/records.ts";
import { acceptFeed, type FeedConnection } from "./feed-connection.ts";
import { isLocalName, OWN_PATH } from "./head.ts";
import type { Recorder } from "./recorder.ts";

/** Octets of records in one message, about. */
const MESSAGE_SIZE = 65_536;

/** What a page asks for, as JSON text. */
type Wish = { readonly select: number } | { readonly clear: true };

export interface Feed {
  /** Every page gets the setup again. */
  announce(): void;
  close(): Promise<void>;
}

export function serveFeed(http: Server, recorder: Recorder, setup: () => Setup, select: (index: number) => void): Feed {
  const pages = new Map<FeedConnection, () => void>();

  const announce = (): void => {
    for (const send of pages.values()) send();
  };

  const serve = async (connection: FeedConnection): Promise<void> => {
    let wake = (): void => undefined;
    let setupWanted = true;
    let open = true;
    const reader = recorder.reader(() => {
      wake();
    });
    pages.set(connection, () => {
      setupWanted = true;
      wake();
    });
    void connection.closed.then(() => {
      open = false;
      wake();
    });
    while (open) {
      const records: FeedRecord[] = setupWanted ? [setupRecord(setup())] : [];
      setupWanted = false;
      records.push(...reader.take(MESSAGE_SIZE));
      if (records.length > 0) await connection.send(encodeRecords(records));
      else
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    }
    reader.close();
    pages.delete(connection);
  };

  http.on("upgrade", (request: IncomingMessage, socket: Socket, head: Buffer) => {
    const path = (request.url ?? "").split("?", 1)[0];
    if (path !== `${OWN_PATH}/feed` || !isLocalName(request)) {
      socket.end("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
      return;
    }
    const obey = (text: string): void => {
      const wish = parseWish(text);
      if (wish === undefined) return;
      if ("select" in wish) {
        select(wish.select);
        announce();
      } else recorder.clear();
    };
    // Refusals (a page of another origin, say) are answered before the promise rejects.
    acceptFeed(request, socket, head, obey).then(serve, () => undefined);
  });

  return {
    announce,
    async close() {
      await Promise.all([...pages.keys()].map((connection) => connection.close()));
    },
  };
}

function setupRecord(setup: Setup): FeedRecord {
  return { kind: RecordKind.SETUP, conversation: 0, time: 0, position: 0, firstFrame: -1, body: encodeJson(setup) };
}

function parseWish(text: string): Wish | undefined {
  try {
    const wish = JSON.parse(text) as Partial<Record<"select" | "clear", unknown>> | null;
    if (typeof wish?.select === "number") return { select: wish.select };
    return wish?.clear === true ? { clear: true } : undefined;
  } catch {
    return undefined;
  }
}
