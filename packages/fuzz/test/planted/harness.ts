/** Runs campaigns against planted endpoints, in this process. */
import { runCampaign } from "../../src/run/campaign.ts";
import type { CampaignReport } from "../../src/run/results.ts";
import { ClientExecutor } from "../../src/tcp/client-executor.ts";
import { serveDrivers } from "../../src/tcp/drivers.ts";
import { ServerExecutor } from "../../src/tcp/server-executor.ts";
import { deadline } from "../../../contract/src/patience.ts";
import { plantedCase, plantedServer, type Plant } from "./tap.ts";

const drive = { timeout: deadline(200), grace: deadline(10), behaviour: "echo" as const };

export interface CampaignSettings {
  rules: string;
  runs: number;
  seed?: number;
  batch?: number;
}

export async function onPlantedServer(plant: Plant, settings: CampaignSettings): Promise<CampaignReport> {
  let server = await plantedServer(plant);
  // As --spawn does with a process.
  const watch = {
    exited: () => (server.crashed() ? "planted crash" : undefined),
    restart: async () => {
      const { port } = new URL(server.url);
      await server.close();
      server = await plantedServer(plant, Number(port));
    },
    memory: () => undefined,
  };
  try {
    const executor = new ServerExecutor({ url: server.url }, { ...drive, seed: 1, concurrency: 8, watch });
    await executor.probe();
    executor.agreement ??= {};
    return await runCampaign(executor, {
      seed: settings.seed ?? 7,
      runs: settings.runs,
      time: Infinity,
      shrinkTime: Infinity,
      rules: settings.rules,
      profile: "strict",
      behaviour: "echo",
      batch: settings.batch ?? 4,
      shrinkTries: 400,
      repeats: 1,
    });
  } finally {
    await server.close();
  }
}

export async function onPlantedClient(plant: Plant, settings: CampaignSettings): Promise<CampaignReport> {
  const executor = new ClientExecutor({ ...drive, followUps: 400 });
  const report = runCampaign(executor, {
    seed: settings.seed ?? 7,
    runs: settings.runs,
    time: Infinity,
    shrinkTime: Infinity,
    rules: settings.rules,
    profile: "strict",
    behaviour: "echo",
    batch: settings.batch ?? 4,
    shrinkTries: 400,
    repeats: 1,
  });
  // A case is over when the fuzzer has played it, whatever the client makes of that.
  const playing = new Map<number, () => void>();
  const serve = executor.serve.bind(executor);
  executor.serve = (wire, request, number) => serve(wire, request, number).finally(() => playing.get(number)?.());
  const driver = await serveDrivers({
    port: 0,
    host: "127.0.0.1",
    executor: () => executor,
    caseInfo: (number) => ({ id: String(number), description: "" }),
    caseStatus: () => "OK",
    onUpdateReports: () => undefined,
    drive,
  });
  let next = 1;
  const lane = async (): Promise<void> => {
    while (!executor.finished && next <= executor.caseCount) {
      const number = next++;
      const played = new Promise<void>((resolve) => playing.set(number, resolve));
      await plantedCase(`ws://127.0.0.1:${driver.port}/runCase?case=${number}&agent=planted`, plant, played);
    }
  };
  await lane();
  if (!executor.finished) executor.stop();
  const result = await report;
  await driver.close();
  return result;
}
