/** Opens a connection and then only listens: what keeps the process alive is the connection. */
import { loadAdapter, thisRuntime } from "../adapter.ts";
import type { WebApi } from "./case.ts";

const { WebSocket } = (await loadAdapter(thisRuntime())) as unknown as WebApi;

function begin(url: string): void {
  const socket = new WebSocket(url);
  socket.onopen = () => process.stdout.write("open\n");
  socket.onmessage = ({ data }) => {
    process.stdout.write(`${data as string}\n`);
    socket.close();
  };
  socket.onclose = ({ code }) => process.stdout.write(`${code}\n`);
}
begin(process.argv[2] ?? "");
