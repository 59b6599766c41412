import { WebSocket as PartyWebSocket } from "partysocket";

import { reconnecting } from "./reconnecting.mjs";

await reconnecting(PartyWebSocket);
