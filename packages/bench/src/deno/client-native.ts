/** Deno's own client. */
import { measureClient, openStandard } from "../programs/client.ts";

await measureClient(Deno.args[0]!, (url, received) => openStandard(new WebSocket(url), received));
