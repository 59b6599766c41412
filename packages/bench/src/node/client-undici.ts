/** undici's client, which is also Node's own `WebSocket`. */
import { WebSocket } from "undici";

import { measureClient, openStandard } from "../programs/client.ts";

await measureClient(process.argv[2]!, (url, received) => openStandard(new WebSocket(url), received));
