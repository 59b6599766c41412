/** Bun's own client (C++). */
import { measureClient, openStandard } from "../programs/client.ts";

await measureClient(process.argv[2]!, (url, received) => openStandard(new WebSocket(url), received));
