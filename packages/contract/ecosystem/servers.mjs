// Every library's own server, from npm, in one Node process on 127.0.0.1. Prints where each listens, and ends with its standard input.
import { Buffer } from "node:buffer";
import { createServer } from "node:http";
import { createRequire } from "node:module";

import { Aedes } from "aedes";
import { Server as EngineServer } from "engine.io";
import { GraphQLInt, GraphQLObjectType, GraphQLSchema, GraphQLString } from "graphql";
import { useServer } from "graphql-ws/use/ws";
import { Server as SocketServer } from "socket.io";
import { createWebSocketStream, WebSocketServer } from "ws";
import { setupWSConnection } from "@y/websocket-server/utils";

const require = createRequire(import.meta.url);

async function listening(server) {
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `127.0.0.1:${server.address().port}`;
}

const addresses = {};

// graphql-ws
{
  const schema = new GraphQLSchema({
    query: new GraphQLObjectType({
      name: "Query",
      fields: { hello: { type: GraphQLString, args: { name: { type: GraphQLString } }, resolve: (_, { name }) => `hello ${name}` } },
    }),
    subscription: new GraphQLObjectType({
      name: "Subscription",
      fields: {
        count: {
          type: GraphQLInt,
          args: { to: { type: GraphQLInt } },
          resolve: (value) => value,
          async *subscribe(_, { to }) {
            for (let number = 1; number <= to; number++) {
              await new Promise((resolve) => setTimeout(resolve, 5));
              yield number;
            }
          },
        },
      },
    }),
  });
  const server = createServer();
  useServer({ schema }, new WebSocketServer({ server, path: "/graphql" }));
  addresses["graphql-ws"] = await listening(server);
}

// @stomp/stompjs
{
  const StompServer = require("stomp-broker-js");
  const server = createServer();
  new StompServer({ server, path: "/stomp", heartbeat: [0, 0] });
  addresses["stompjs"] = await listening(server);
}

// mqtt
{
  const aedes = await Aedes.createBroker();
  const server = createServer();
  const sockets = new WebSocketServer({ server, handleProtocols: (offered) => (offered.has("mqtt") ? "mqtt" : false) });
  sockets.on("connection", (socket, request) => aedes.handle(createWebSocketStream(socket), request));
  addresses["mqtt"] = await listening(server);
}

// reconnecting-websocket and partysocket: an echo that drops the connection when it is told to.
{
  const server = createServer();
  let count = 0;
  new WebSocketServer({ server }).on("connection", (socket) => {
    socket.send(`welcome ${++count}`);
    socket.on("message", (data, isBinary) => {
      if (data.toString() === "drop me") socket.terminate();
      else socket.send(data, { binary: isBinary });
    });
  });
  addresses["echo"] = await listening(server);
}

// y-websocket
{
  const server = createServer();
  new WebSocketServer({ server }).on("connection", setupWSConnection);
  addresses["y-websocket"] = await listening(server);
}

// engine.io-client
{
  const server = createServer();
  const engine = new EngineServer({ perMessageDeflate: { threshold: 0 } });
  engine.attach(server);
  engine.on("connection", (socket) => socket.on("message", (data) => socket.send(data)));
  addresses["engine.io"] = await listening(server);
}

// socket.io-client
{
  const server = createServer();
  const io = new SocketServer(server);
  io.on("connection", (socket) => {
    socket.on("sum", (a, b, answer) => answer(a + b));
    socket.on("bytes", (bytes, answer) => answer(Buffer.from(bytes).reverse()));
    socket.on("join", (room, answer) => {
      void socket.join(room);
      answer("joined");
    });
    socket.on("say", (room, what) => socket.to(room).emit("said", what));
    socket.on("drop me", () => socket.conn.close());
  });
  addresses["socket.io"] = await listening(server);
}

// sockjs-client
{
  const server = createServer();
  const echo = require("sockjs").createServer({ prefix: "/echo", log: () => undefined });
  echo.on("connection", (connection) => connection.on("data", (message) => connection.write(message)));
  echo.installHandlers(server);
  addresses["sockjs"] = await listening(server);
}

process.stdout.write(`${JSON.stringify(addresses)}\n`);
process.stdin.on("end", () => process.exit(0)).resume();
