/** The servers that are measured: ours, the peers people use today, and a raw socket per runtime as the limit. */
export type Runtime = "node" | "deno" | "bun";

export interface Subject {
  runtime: Runtime;
  /** Script, below the package's folder. */
  script: string;
  /** `flag`: takes `--port N`, as the examples do; else the port is the first argument. */
  flag?: boolean;
  /** Echoes bytes, knows no protocol. */
  raw?: boolean;
  /** Turns compression on. */
  deflate?: string[];
}

export const subjects = {
  "ours on Node": { runtime: "node", script: "../../examples/echo/node.ts", flag: true, deflate: ["--deflate"] },
  "ws on Node": { runtime: "node", script: "src/node/ws-server.ts", deflate: ["deflate"] },
  "raw TCP on Node": { runtime: "node", script: "src/node/raw-server.ts", raw: true },
  "ours on Deno": { runtime: "deno", script: "../../examples/echo/deno.ts", flag: true, deflate: ["--deflate"] },
  "native on Deno": { runtime: "deno", script: "src/deno/native-server.ts" },
  "raw TCP on Deno": { runtime: "deno", script: "src/deno/raw-server.ts", raw: true },
  "ours on Bun": { runtime: "bun", script: "../../examples/echo/bun.ts", flag: true, deflate: ["--deflate"] },
  "native on Bun": { runtime: "bun", script: "src/bun/native-server.ts" },
  "raw TCP on Bun": { runtime: "bun", script: "src/bun/raw-server.ts", raw: true },
} as const satisfies Record<string, Subject>;

export type SubjectName = keyof typeof subjects;
