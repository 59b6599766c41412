/** docs/limits.md, from the rows. */
import { type Bound, defaults, type Row } from "./attack.ts";

const HEAD = `# What a peer can make this process hold

Each row is a way in which a peer can make us hold memory, and a test: the peer does it, and what the process holds is weighed. Between the opening of the stream and its end a
connection takes some 5 KiB besides, idle or not. "A read" is what a transport hands over at once, at most 64 KiB. The names are options ([defaults.md](defaults.md)); the
numbers beside them are what that comes to by default. Written by \`packages/endpoint/test/limits.test.ts\` from its rows (\`vitest -u\`) and compared with them.

**In all.** Nothing here bounds how many streams the operating system accepts: those above \`maxPendingHandshakes\` and \`maxConnections\` are refused or ended at once, but
each takes a socket until then. Multiply a row by the number in its third column: by default 65 536 connections of which each holds 16 MiB are a terabyte, so a server that
strangers can reach wants a smaller \`maxMessageBytes\`, or fewer connections.
`;

function amount(bytes: number): string {
  if (bytes < 1_024) return String(bytes);
  return bytes < 1 << 20 ? `${Math.round(bytes / 1_024)} KiB` : `${Math.round((bytes / (1 << 20)) * 10) / 10} MiB`;
}

function cell({ text, of }: Bound, shown: (value: number) => string): string {
  const value = of(defaults);
  return value === 0 || value === Infinity || !text.includes("`") ? text : `${text}: ${shown(value)}`;
}

function table(rows: readonly Row[]): string {
  const lines = rows.map(({ what, holds, inAll, lasts }) => [what, cell(holds, amount), inAll, cell(lasts, (ms) => `${ms / 1_000} s`)]);
  return [["the peer", "we hold at most, for each", "of how many", "for how long"], ["---", "---", "---", "---"], ...lines]
    .map((cells) => `| ${cells.join(" | ")} |`)
    .join("\n");
}

export function page(parts: readonly (readonly [title: string, rows: readonly Row[]])[]): string {
  return [HEAD, ...parts.map(([title, rows]) => `## ${title}\n\n${table(rows)}\n`)].join("\n");
}
