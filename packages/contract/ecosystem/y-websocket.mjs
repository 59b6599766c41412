import { WebsocketProvider } from "y-websocket";
import * as Y from "yjs";

import { delay, equal, library, once, WebSocket } from "./library.mjs";

await library(async (address) => {
  const room = `room-${Math.random()}`;
  const open = () => {
    const doc = new Y.Doc();
    return { doc, provider: new WebsocketProvider(`ws://${address}`, room, doc, { WebSocketPolyfill: WebSocket, disableBc: true }) };
  };
  const [one, two] = [open(), open()];
  await Promise.all([once(one.provider, "sync"), once(two.provider, "sync")]);
  one.doc.getText("text").insert(0, "hello ");
  two.doc.getMap("map").set("answer", 42);
  one.provider.awareness.setLocalStateField("name", "one");
  const settled = () =>
    two.doc.getText("text").toString() === "hello " &&
    one.doc.getMap("map").get("answer") === 42 &&
    two.provider.awareness.getStates().size === 2;
  for (let wait = 0; wait < 200 && !settled(); wait++) await delay(10);
  equal(
    [two.doc.getText("text").toString(), one.doc.getMap("map").get("answer"), two.provider.awareness.getStates().size],
    ["hello ", 42, 2],
    "synchronised",
  );
  const late = open();
  await once(late.provider, "sync");
  equal([late.doc.getText("text").toString(), late.doc.getMap("map").get("answer")], ["hello ", 42], "who comes later");
  for (const { provider } of [one, two, late]) provider.destroy();
  return "three documents, synchronised both ways, awareness";
});
