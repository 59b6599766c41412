import { connect } from "@ws/node";

import { measureClient } from "../programs/client.ts";

await measureClient(process.argv[2]!, async (url, received) => {
  const connection = await connect(url, { borrow: true }, { message: received });
  return { send: (message) => void connection.send(message), buffered: () => connection.bufferedBytes };
});
