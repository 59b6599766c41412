/** Echo over TLS on Deno: `deno run tls-server.ts PORT ours|native CERTIFICATE KEY`. */
import { listen } from "@ws/deno";

const [port, kind, certificate, keyFile] = Deno.args;
const tls = { cert: Deno.readTextFileSync(certificate!), key: Deno.readTextFileSync(keyFile!) };
if (kind === "ours") {
  await listen(
    { port: Number(port), tls, borrow: true },
    { message: (connection, message) => (connection.send(message) === "full" ? connection.ready : undefined) },
  );
  console.log("ready");
} else {
  Deno.serve({ hostname: "127.0.0.1", port: Number(port), ...tls, onListen: () => console.log("ready") }, (request) => {
    const { socket, response } = Deno.upgradeWebSocket(request);
    socket.binaryType = "arraybuffer";
    socket.onmessage = ({ data }) => socket.send(data);
    return response;
  });
}
