/** Carries an attack out against a server or clients of ours, and weighs. */
import { listenWith, memoryTransportPair, openConnection, type MemoryTransport, type NoContext, type ServerOptions } from "@ws/endpoint";
import { permessageDeflate } from "@ws/endpoint/zlib";
import { expect } from "vitest";

import { createHttpSide } from "../../src/node-http/http-side.ts";
import type { HttpAcceptor } from "../../src/server.ts";
import { manualHost } from "../support/pair.ts";
import { RawPeer } from "../support/raw.ts";
import { type Attack, Attacker, small } from "./attack.ts";
import { weigh, weighAtRest } from "./weigh.ts";

const [WARM, PEERS] = [2, 6];

/** What the objects of a connection take, and what code grows by that is run more often. */
const OBJECTS = 24_576;

export async function stage({ options = {}, handler, client, requests }: Omit<Attack, "play">) {
  const { clock, host, group } = manualHost({ deflate: permessageDeflate });
  const { maxMessageBytes, maxBufferedBytes, maxFragments } = small;
  let acceptor!: HttpAcceptor<MemoryTransport>;
  const given: ServerOptions = { maxMessageBytes, maxBufferedBytes, maxFragments, onError: () => undefined, ...options };
  const server = await listenWith<NoContext, MemoryTransport>(
    host,
    {
      open: (accepts) => {
        acceptor = accepts as HttpAcceptor<MemoryTransport>;
        if (requests !== undefined) acceptor.handOrdinaryTo(createHttpSide(requests, acceptor));
        return { port: 1, hostname: "a", close: () => undefined };
      },
    },
    given,
    handler ?? { message: () => undefined },
  );
  const attackers: Attacker[] = [];
  const attack = (): Attacker => {
    const [near, far] = memoryTransportPair(clock, {}, { capacity: 0 });
    const attacker = new Attacker(new RawPeer(near), far, clock);
    attackers.push(attacker);
    if (client === undefined) acceptor.accept(far);
    else openConnection(host, { host: "a", target: "/" }, () => far, { ...client, onError: () => undefined }, {}).catch(() => undefined);
    return attacker;
  };
  return { clock, group, server, attack, attackers };
}

/** Carries it out once before, since code that is compiled, and tables that grow, are no peer's. */
async function weight(attack: Attack): Promise<{ held: number; staged: Awaited<ReturnType<typeof stage>> }> {
  const staged = await stage(attack);
  for (let count = 0; count < WARM; count++) await attack.play(staged.attack());
  const before = await weighAtRest();
  for (let count = 0; count < PEERS; count++) await attack.play(staged.attack());
  return { held: ((await weigh()) - before) / PEERS, staged };
}

export async function carryOut(attack: Attack): Promise<void> {
  const { held, staged } = await weight(attack);
  const { clock, attackers, server, group } = staged;
  const most = attack.holds.of(small);
  expect(held).toBeLessThan(most + OBJECTS);
  if (attack.reaches !== undefined) expect(held).toBeGreaterThan(most * attack.reaches - OBJECTS);
  const time = attack.lasts.of(small);
  if (time < Infinity) {
    await clock.advance(time);
    expect(attackers.map(({ transport }) => transport.closed)).not.toContain(false);
  }
  const closing = server.close({ timeout: 1_000 });
  await clock.advance(1_000);
  await closing;
  for (const { peer } of attackers) peer.transport.destroy();
  await clock.settle();
  expect([group.deadlines.size, server.connections.size]).toEqual([0, 0]);
}
