/** Workloads whose programs measure themselves: broadcast, clients, and cost by the number of pieces. */
import { programSession } from "../program.ts";
import type { BroadcastTask } from "../programs/broadcast.ts";
import type { ClientTask } from "../programs/client.ts";
import type { LinearTask } from "../programs/linear.ts";
import type { Runtime } from "../subjects.ts";
import type { Workload } from "../workload.ts";

const receiver = { runtime: "node", script: "src/programs/receiver.ts" } as const;

function broadcast(id: string, title: string, shape: Omit<BroadcastTask, "subject">): Workload {
  // A bare socket does not compress.
  const subjects = ["ours on Node", "ws on Node", ...(shape.deflate ? [] : ["bare socket.write on Node"])];
  return {
    id,
    title,
    unit: "sends/s",
    quick: true,
    maxRounds: 3,
    subjects,
    open: (name) =>
      Promise.resolve(
        programSession({ runtime: "node", script: "src/programs/broadcast.ts", peer: receiver }, {
          ...shape,
          subject: name.replace(" on Node", "") as BroadcastTask["subject"],
        } satisfies BroadcastTask),
      ),
  };
}

export const broadcastWorkloads: Workload[] = [
  broadcast("broadcast/1", "Broadcast of 64 B text to 1 000 connections, one a turn", { connections: 1000, perTurn: 1, deflate: false }),
  broadcast("broadcast/10", "Broadcast of 64 B text to 1 000 connections, ten a turn", { connections: 1000, perTurn: 10, deflate: false }),
  broadcast("broadcast/deflate", "Broadcast of 1 KiB JSON to 1 000 connections, compressed, one a turn", {
    connections: 1000,
    perTurn: 1,
    deflate: true,
  }),
  broadcast("sends/1000", "1 000 messages of 64 B text sent in one turn on one connection", {
    connections: 1,
    perTurn: 1000,
    deflate: false,
  }),
];

const clients: Record<string, [Runtime, script: string]> = {
  "ours on Node": ["node", "src/node/client-ours.ts"],
  "ws on Node": ["node", "src/node/client-ws.ts"],
  "undici on Node": ["node", "src/node/client-undici.ts"],
  "ours on Deno": ["deno", "src/deno/client-ours.ts"],
  "native on Deno": ["deno", "src/deno/client-native.ts"],
  "ours on Bun": ["bun", "src/bun/client-ours.ts"],
  "native on Bun": ["bun", "src/bun/client-native.ts"],
};

function client(direction: ClientTask["direction"]): Workload {
  return {
    id: `client/${direction}`,
    title: direction === "send" ? "A client sending 64 B binary, 16 a turn" : "A client receiving 64 B binary",
    unit: "messages/s",
    quick: true,
    maxRounds: 3,
    subjects: Object.keys(clients),
    open: (name) => {
      const [runtime, script] = clients[name]!;
      return Promise.resolve(
        programSession({ runtime, script, peer: { runtime: "bun", script: "src/bun/frame-peer.ts" } }, {
          direction,
          size: 64,
        } satisfies ClientTask),
      );
    },
  };
}

export const clientWorkloads: Workload[] = [client("send"), client("receive")];

export const linearWorkloads: Workload[] = (["fragments", "chunks"] as const).map((pieces) => ({
  id: `linear/${pieces}`,
  title: `Processor time per piece of a text message: in 1 024 ${pieces} as a share of that in 65 536`,
  unit: "×",
  quick: true,
  maxRounds: 3,
  subjects: ["ours on Node"],
  open: () => Promise.resolve(programSession({ runtime: "node", script: "src/programs/linear.ts" }, { pieces } satisfies LinearTask)),
}));
