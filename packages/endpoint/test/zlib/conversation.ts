import type { DeflateOffer } from "@ws/protocol/deflate";

import { noise } from "../../../protocol/test/deflate/checks.ts";

/** An offer that leaves nothing open. */
export interface FullOffer {
  readonly serverNoContextTakeover: boolean;
  readonly clientNoContextTakeover: boolean;
  readonly serverMaxWindowBits: number;
  readonly clientMaxWindowBits: number;
}

export interface Dialled {
  readonly url: string;
  readonly offer: DeflateOffer;
  /** Large messages too. */
  readonly large: boolean;
}

/** What is said in an interop run: alike and unlike, empty, small, larger than a step, text and bytes, and all of it again. */
export function conversation(large: boolean): (string | Uint8Array)[] {
  const feed = Array.from({ length: 12 }, (_, index) =>
    JSON.stringify({ type: "update", index, user: `user ${index * 7}`, price: 100 + index / 8, note: "grüße, 世界 🙂" }),
  );
  const random = noise(200_000);
  const some: (string | Uint8Array)[] = [
    "",
    "a",
    ...feed,
    "",
    new Uint8Array(0),
    random.subarray(0, 1),
    random.subarray(0, 300),
    random.subarray(0, 5000),
  ];
  const longer = large
    ? [feed.join("\n").repeat(120), new Uint8Array(300_000).fill(65), random]
    : [feed.join("\n").repeat(20), random.subarray(0, 20_000)];
  return [...some, ...longer, ...some];
}

/** Every combination of takeover with windows that are equal, different, and the smallest. */
export const combinations: readonly FullOffer[] = [
  [15, 15],
  [8, 8],
  [9, 15],
  [15, 9],
  [12, 10],
].flatMap(([serverMaxWindowBits = 15, clientMaxWindowBits = 15]) =>
  [false, true].flatMap((serverNoContextTakeover) =>
    [false, true].map((clientNoContextTakeover) => ({
      serverNoContextTakeover,
      clientNoContextTakeover,
      serverMaxWindowBits,
      clientMaxWindowBits,
    })),
  ),
);
