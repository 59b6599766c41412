import ReconnectingWebSocket from "reconnecting-websocket";

import { reconnecting } from "./reconnecting.mjs";

await reconnecting(ReconnectingWebSocket.default ?? ReconnectingWebSocket);
