import { Buffer } from "node:buffer";

import mqtt from "mqtt";

import { equal, library, once, WebSocket } from "./library.mjs";

await library(async (address) => {
  const options = { forceNativeWebSocket: true, createWebsocket: (url, protocols) => new WebSocket(url, protocols), reconnectPeriod: 0 };
  const client = await mqtt.connectAsync(`ws://${address}/`, options);
  await client.subscribeAsync("room/#", { qos: 1 });
  const received = once(client, "message");
  const payload = Buffer.alloc(100_000, "mqtt ");
  await client.publishAsync("room/1", payload, { qos: 1, retain: true });
  await received;
  const second = mqtt.connect(`ws://${address}/`, options);
  const retained = new Promise((resolve) => second.on("message", (topic, message) => resolve([topic, message.equals(payload)])));
  await second.subscribeAsync("room/1", { qos: 2 });
  equal(await retained, ["room/1", true], "retained message");
  await client.publishAsync("room/2", "qos 2", { qos: 2 });
  await client.endAsync();
  await second.endAsync();
  return "two clients, subscribe, publish with QoS 1 and 2, retained message of 100 kB, disconnect";
});
