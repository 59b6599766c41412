/** The command line that the three echo servers share. */

export interface EchoOptions {
  readonly port: number;
  readonly maxMessageBytes: number;
  readonly handshakeTimeout: number;
  readonly deflate: boolean;
}

export const usage = `Echoes every WebSocket message: text as text, binary as binary.

  --port N           where to listen on 127.0.0.1 (default 8080; 0: any free port)
  --max-message N    largest message in bytes (default 67108864, 64 MiB)
  --handshake N      ms that a client has for its opening handshake (default 10000)
  --deflate          agree to permessage-deflate, keep its context unless the client asks for none,
                     and compress messages of any size, but those that would become longer
  --help             this text

Prints its address when it is ready and runs until SIGTERM or SIGINT, then closes its connections with 1001.
`;

/** What the arguments ask for; a string is a complaint, and undefined a call for help. */
export function parseOptions(args: readonly string[]): EchoOptions | string | undefined {
  const numbers = { "--port": 8080, "--max-message": 64 << 20, "--handshake": 10_000 };
  let deflate = false;
  for (let index = 0; index < args.length; index++) {
    const [name, inline] = split(args[index]!);
    if (name === "--help" || name === "-h") return undefined;
    if (name === "--deflate" && inline === undefined) {
      deflate = true;
      continue;
    }
    if (!isKey(numbers, name)) return `unknown option ${name}`;
    const value = inline ?? args[++index];
    const number = value === undefined || value === "" ? NaN : Number(value);
    const most = name === "--port" ? 65_535 : Number.MAX_SAFE_INTEGER;
    if (!Number.isInteger(number) || number < 0 || number > most) return `${name} needs a whole number from 0 to ${most}`;
    numbers[name] = number;
  }
  return {
    port: numbers["--port"],
    maxMessageBytes: numbers["--max-message"],
    handshakeTimeout: numbers["--handshake"],
    deflate,
  };
}

function isKey<T extends object>(table: T, name: PropertyKey): name is keyof T {
  return Object.hasOwn(table, name);
}

function split(argument: string): [name: string, value: string | undefined] {
  const equals = argument.indexOf("=");
  return equals < 0 ? [argument, undefined] : [argument.slice(0, equals), argument.slice(equals + 1)];
}

/** What to tell a person whose server could not start. */
export function explain(error: unknown, port: number): string {
  if ((error as { code?: unknown }).code === "EADDRINUSE")
    return `port ${port} is in use; choose another with --port, or any free one with --port 0`;
  return error instanceof Error ? error.message : String(error);
}

/** Why a client could not connect, such as a page of another origin: on the developer's console, because browsers do not tell pages. */
export function complain(
  error: { readonly status: number; readonly message: string },
  request: { readonly target: string } | undefined,
): void {
  console.error(`Refused ${request?.target ?? "a connection"} (${error.status}): ${error.message}`);
}
