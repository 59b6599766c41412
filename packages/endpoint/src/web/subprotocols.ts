/** The subprotocols a client offers. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/**
 * RFC 6455 §4.1 item 10: non-empty tokens, each once. Compared without regard to case, as the web platform's tests do.
 *
 * @throws DOMException "SyntaxError"
 */
export function checkProtocols(protocols: readonly string[]): void {
  const seen = new Set<string>();
  for (const protocol of protocols) {
    if (!TOKEN.test(protocol)) throw new DOMException(`${JSON.stringify(protocol)} is not a subprotocol's name`, "SyntaxError");
    const name = protocol.toLowerCase();
    if (seen.has(name)) throw new DOMException(`the subprotocol ${JSON.stringify(protocol)} is there twice`, "SyntaxError");
    seen.add(name);
  }
}
