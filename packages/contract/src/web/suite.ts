import type { WebCase } from "./case.ts";
import { closing } from "./cases/closing.ts";
import { construct } from "./cases/construct.ts";
import { events } from "./cases/events.ts";
import { handshake } from "./cases/handshake.ts";
import { interfaces } from "./cases/interface.ts";
import { peers } from "./cases/peers.ts";
import { sending } from "./cases/sending.ts";
import { streamMessages } from "./cases/stream-messages.ts";
import { stream } from "./cases/stream.ts";

export const webSuite: readonly WebCase[] = [
  ...interfaces,
  ...construct,
  ...handshake,
  ...events,
  ...sending,
  ...closing,
  ...stream,
  ...streamMessages,
  ...peers,
];
