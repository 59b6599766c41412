import { connect } from "@ws/deno";

import { measureClient } from "../programs/client.ts";

await measureClient(Deno.args[0]!, async (url, received) => {
  const connection = await connect(url, { borrow: true }, { message: received });
  return { send: (message) => void connection.send(message), buffered: () => connection.bufferedBytes };
});
