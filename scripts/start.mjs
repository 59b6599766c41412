// npm start: our echo servers, one on each runtime, and the inspector in front of them.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const root = fileURLToPath(new URL("..", import.meta.url));
const carriedNode = `${root}node_modules/.bin/node`;

const usage = `npm start [-- options]: echo servers and the inspector in front of them

  --port N    where the inspector and its page listen (default 6455; 0: any free port)
  --deflate   the echo servers agree to permessage-deflate
  --help      this text

The page's address is printed. Ctrl-C ends everything.
`;

const source = "--conditions=@ws/source";
const runtimes = [
  { name: "Node", file: "examples/echo/node.ts", command: [carriedNode, source] },
  { name: "Deno", file: "examples/echo/deno.ts", command: [`${root}node_modules/.bin/deno`, "run", "-A", "--quiet", source] },
  { name: "Bun", file: "examples/echo/bun.ts", command: [`${root}node_modules/.bin/bun`, source] },
];

/** Milliseconds for an echo server to say that it is ready, and for everything to end. */
const READY_TIME = 30_000;
const END_TIME = 8_000;

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        port: { type: "string", default: "6455" },
        deflate: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    if (!/^\d+$/.test(values.port) || Number(values.port) > 65_535)
      throw new Error(`--port takes a number from 0 to 65535, not "${values.port}".`);
    return { ...values, port: Number(values.port) };
  } catch (error) {
    fail(`${error.message}\n\n${usage}`, 2);
  }
}

function fail(message, status = 1) {
  console.error(message);
  process.exit(status);
}

/** The port, if it could be listened on; otherwise why not, as an error code. */
function tryPort(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", ({ code }) => resolve(code));
    server.listen(port, "127.0.0.1", () => {
      const { port: free } = server.address();
      server.close(() => resolve(free));
    });
  });
}

async function requirePort(port) {
  const result = await tryPort(port);
  if (typeof result === "number") return;
  if (result !== "EADDRINUSE") fail(`Cannot listen on port ${port} (${result}). Try: npm start -- --port 6455`);
  let free = port + 1;
  while (free < 65_535 && typeof (await tryPort(free)) !== "number") free += 1;
  fail(`Port ${port} is in use by another program. Try: npm start -- --port ${free}`);
}

const children = new Set();
let stopping = false;

function start(name, [command, ...args], stdio) {
  // A process group of its own: a Ctrl-C reaches this program only, which then ends the others in order.
  const child = spawn(command, args, { cwd: root, stdio, detached: true });
  children.add(child);
  child.once("exit", (status, signal) => {
    children.delete(child);
    if (!stopping) void stop(`${name} ended unexpectedly (${signal ?? `status ${status}`}).`, status || 1);
  });
  child.once("error", (error) => void stop(`${name} could not be started: ${error.message}`, 1));
  return child;
}

async function stop(message, status) {
  if (stopping) return;
  stopping = true;
  if (message !== undefined) console.error(message);
  const ended = [...children].map((child) => new Promise((resolve) => child.once("exit", resolve)));
  for (const child of children) child.kill("SIGTERM");
  const deadline = setTimeout(() => {
    for (const child of children) child.kill("SIGKILL");
  }, END_TIME);
  await Promise.all(ended);
  clearTimeout(deadline);
  process.exit(status);
}

/** Resolves with the address that an echo server prints when it is ready. */
function startEcho({ name, file, command }, options) {
  return new Promise((resolve) => {
    const child = start(
      `The echo server on ${name}`,
      [...command, file, "--port", "0", ...(options.deflate ? ["--deflate"] : [])],
      ["ignore", "pipe", "inherit"],
    );
    const late = setTimeout(() => void stop(`The echo server on ${name} did not get ready within ${READY_TIME / 1000} s.`, 1), READY_TIME);
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text) => {
      output += text;
      const address = /^ws:\/\/\S+$/m.exec(output)?.[0];
      if (address === undefined) return;
      clearTimeout(late);
      resolve(`${name}=${address}`);
    });
  });
}

const options = readOptions();
if (options.help) {
  console.log(usage);
  process.exit(0);
}
if (!existsSync(carriedNode)) fail("Nothing is installed yet. Run it as: npm start");
await requirePort(options.port);

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => void stop(undefined, 0));

const page = start("The page's build", [carriedNode, "packages/inspector/page.build.ts"], "inherit");
const built = new Promise((resolve) =>
  page.removeAllListeners("exit").once("exit", (status) => {
    children.delete(page);
    if (status === 0) resolve();
    else void stop("The inspector's page could not be built.", 1);
  }),
);
const echoes = runtimes.filter(({ file }) => existsSync(`${root}${file}`)).map((runtime) => startEcho(runtime, options));
const [targets] = await Promise.all([Promise.all(echoes), built]);

start(
  "The inspector",
  [
    carriedNode,
    source,
    "packages/inspector/src/cli/main.ts",
    "--port",
    String(options.port),
    ...targets.flatMap((target) => ["--target", target]),
  ],
  "inherit",
);
