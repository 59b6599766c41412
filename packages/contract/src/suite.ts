import type { Case } from "./case.ts";
import { closing } from "./cases/closing.ts";
import { compression } from "./cases/compression.ts";
import { endings } from "./cases/endings.ts";
import { dialing } from "./cases/dialing.ts";
import { existingServers } from "./cases/existing-servers.ts";
import { flow } from "./cases/flow.ts";
import { handshake } from "./cases/handshake.ts";
import { http } from "./cases/http.ts";
import { httpAnswers } from "./cases/http-answers.ts";
import { httpRequests } from "./cases/http-requests.ts";
import { isolation } from "./cases/isolation.ts";
import { leniencies } from "./cases/leniencies.ts";
import { life } from "./cases/life.ts";
import { listening } from "./cases/listening.ts";
import { loss } from "./cases/loss.ts";
import { messages } from "./cases/messages.ts";
import { programFunctions } from "./cases/program-functions.ts";
import { serverCases } from "./cases/server.ts";
import { requests } from "./cases/requests.ts";
import { routing } from "./cases/routing.ts";
import { slipCases } from "./cases/slips.ts";
import { time } from "./cases/time.ts";
import { transports } from "./cases/transports.ts";
import { turns } from "./cases/turns.ts";
import { upgrade } from "./cases/upgrade.ts";

/** They say what their listeners serve. */
const onAnyPath = (cases: readonly Case[]): Case[] => cases.map((one) => ({ ...one, anyPath: true }));

export const suite: readonly Case[] = [
  ...handshake,
  ...messages,
  ...closing,
  ...flow,
  ...time,
  ...loss,
  ...transports,
  ...life,
  ...leniencies,
  ...onAnyPath([...http, ...httpRequests, ...httpAnswers]),
  ...upgrade,
  ...onAnyPath([...isolation, ...existingServers, ...programFunctions]),
  ...requests,
  ...routing,
  ...dialing,
  ...listening,
  ...serverCases,
  ...slipCases,
  ...turns,
  ...endings,
  ...compression,
];
