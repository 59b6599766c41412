import { Client, Versions } from "@stomp/stompjs";

import { delay, equal, library, WebSocket } from "./library.mjs";

await library(async (address) => {
  const connect = () =>
    new Promise((resolve, reject) => {
      const client = new Client({
        webSocketFactory: () => new WebSocket(`ws://${address}/stomp`, Versions.default.protocolVersions()),
        heartbeatIncoming: 0,
        heartbeatOutgoing: 0,
        onConnect: () => resolve(client),
        onStompError: (frame) => reject(new Error(frame.headers.message)),
        onWebSocketError: (event) => reject(event.error ?? new Error("WebSocket error")),
      });
      client.activate();
    });
  const [one, two] = [await connect(), await connect()];
  const received = [];
  const all = new Promise((resolve) => {
    const subscription = two.subscribe("/topic/news", (message) => {
      received.push(message.body);
      if (received.length === 3) {
        subscription.unsubscribe();
        resolve();
      }
    });
  });
  await delay(50);
  // ASCII: this broker writes a content-length in UTF-16 units.
  for (const body of ["one", "two", "x".repeat(20_000)]) one.publish({ destination: "/topic/news", body });
  await all;
  equal(received, ["one", "two", "x".repeat(20_000)], "messages");
  await one.deactivate();
  await two.deactivate();
  return "two clients, subscribe, publish, unsubscribe, disconnect";
});
