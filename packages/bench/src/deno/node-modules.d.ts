/** What the programs shared with Node use of its modules: Node's own types and Deno's do not go together. */
declare module "node:child_process" {
  interface Child {
    stdout: { on(event: "data", listener: (text: unknown) => void): void };
    once(event: "error" | "exit", listener: (reason: never) => void): void;
    kill(signal: string): void;
  }
  export function spawn(file: string, words: string[], options: object): Child;
}
declare module "node:process" {
  const process: {
    once(event: "exit", listener: () => void): void;
    cpuUsage(): { user: number; system: number };
    exit(status: number): never;
  };
  export default process;
}
declare module "node:timers" {
  export function setImmediate(callback: () => void): unknown;
}
