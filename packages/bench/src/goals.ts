/** What we set out to reach: each a ratio of two subjects of one workload, taken in one run. */
export interface Goal {
  workload: string;
  ours: string;
  versus: string;
  /** ours / versus for rates, versus / ours for costs, must be at least this. */
  least: number;
}

const echo64 = (inFlight: number) => `echo/64/binary/${inFlight}/32`;

export const goals: Goal[] = [
  { workload: echo64(16), ours: "ours on Node", versus: "ws on Node", least: 8 },
  { workload: echo64(16), ours: "ours on Node", versus: "raw TCP on Node", least: 0.5 },
  { workload: echo64(1), ours: "ours on Node", versus: "ws on Node", least: 1.15 },
  { workload: echo64(1), ours: "ours on Node", versus: "raw TCP on Node", least: 0.9 },
  { workload: "echo/65536/binary/1/32", ours: "ours on Node", versus: "ws on Node", least: 1.5 },
  { workload: "echo/65536/binary/1/32", ours: "ours on Node", versus: "raw TCP on Node", least: 0.7 },
  { workload: "echo/4194304/binary/1/8", ours: "ours on Node", versus: "ws on Node", least: 1.5 },
  { workload: "echo/4194304/binary/1/8", ours: "ours on Node", versus: "raw TCP on Node", least: 0.7 },
  { workload: echo64(16), ours: "ours on Deno", versus: "native on Deno", least: 5 },
  { workload: echo64(1), ours: "ours on Deno", versus: "native on Deno", least: 1.15 },
  { workload: echo64(16), ours: "ours on Bun", versus: "native on Bun", least: 0.75 },
  { workload: echo64(1), ours: "ours on Bun", versus: "raw TCP on Bun", least: 0.9 },
  { workload: "echo/65536/binary/1/32", ours: "ours on Bun", versus: "native on Bun", least: 1 },
  { workload: "idle", ours: "ours on Node", versus: "ws on Node", least: 1 },
  { workload: "idle", ours: "ours on Deno", versus: "native on Deno", least: 1 },
];
