import { isToken } from "../head/characters.ts";

/** RFC 6455 §1.9, §4.1 item 10: subprotocols are tokens, compared exactly, and each is named once. */

/** The program's own list. Throws a TypeError on what cannot be sent. */
export function assertSubprotocols(subprotocols: readonly string[]): void {
  subprotocols.forEach((subprotocol, index) => {
    if (!isToken(subprotocol)) throw new TypeError(`Not a subprotocol (RFC 6455 §4.1 item 10: a token): ${JSON.stringify(subprotocol)}`);
    if (subprotocols.indexOf(subprotocol) !== index) throw new TypeError(`The subprotocol ${subprotocol} is listed twice.`);
  });
}

/** Whose order of preference decides. RFC 6455 §4.1 item 10 gives the client's list an order; a server is free (§4.2.2). */
export type SubprotocolOrder = "client" | "server";

/** §4.2.2 item 5.5: one that both know, or none, which is the empty string. */
export function chooseSubprotocol(offered: readonly string[], known: readonly string[], order: SubprotocolOrder): string {
  const [preferred, others] = order === "client" ? [offered, known] : [known, offered];
  return preferred.find((subprotocol) => others.includes(subprotocol)) ?? "";
}
