/** What somebody who wrote an unknown name probably meant. */

/** How other libraries, and earlier habits, call what is here. On the left in lower case; what is on the right exists, or is not proposed. */
export const ELSEWHERE: Readonly<Record<string, { readonly name: string; readonly write?: string }>> = {
  maxpayload: { name: "maxMessageBytes" },
  maxpayloadlength: { name: "maxMessageBytes" },
  maxlength: { name: "maxMessageBytes" },
  maxreceivedframesize: { name: "maxFrameBytes" },
  maxreceivedmessagesize: { name: "maxMessageBytes" },
  permessagedeflate: { name: "compress" },
  compression: { name: "compress" },
  deflate: { name: "compress" },
  maxmessagesize: { name: "maxMessageBytes" },
  maxframepayload: { name: "maxFrameBytes" },
  highwatermark: { name: "sendHighWaterMark" },
  backpressurelimit: { name: "maxBufferedBytes" },
  sendpings: { name: "keepAlive" },
  pinginterval: { name: "keepAlive", write: "keepAlive: { interval }" },
  pingtimeout: { name: "keepAlive", write: "keepAlive: { timeout }" },
  heartbeat: { name: "keepAlive" },
  heartbeatinterval: { name: "keepAlive", write: "keepAlive: { interval }" },
  timeout: { name: "handshakeTimeout" },
  connecttimeout: { name: "handshakeTimeout" },
  protocol: { name: "subprotocols" },
  protocols: { name: "subprotocols" },
  subprotocol: { name: "subprotocols", write: "subprotocols: […]" },
  handleprotocols: { name: "upgrade" },
  verifyclient: { name: "upgrade" },
  origin: { name: "allowedOrigins" },
  alloworigin: { name: "allowedOrigins" },
  origins: { name: "allowedOrigins" },
  cors: { name: "allowedOrigins" },
  host: { name: "hostname" },
  address: { name: "hostname" },
  socketpath: { name: "unix" },
  path: { name: "unix", write: "unix for a socket file, or upgrade, which sees the URL" },
  server: { name: "port", write: "acceptUpgrade(request, socket, rest), or the option fetch for ordinary requests" },
  noserver: { name: "port", write: "acceptUpgrade(request, socket, rest)" },
  key: { name: "tls", write: "tls: { key }" },
  cert: { name: "tls", write: "tls: { cert }" },
  ca: { name: "tls", write: "tls: { ca }" },
  servername: { name: "tls", write: "tls: { servername }" },
  rejectunauthorized: { name: "tls", write: "tls: { rejectUnauthorized }" },
  insecurehttpparser: { name: "lenient" },
  strict: { name: "lenient" },
  allownonminimallength: { name: "nonMinimalLengths" },
  agent: { name: "createConnection" },
  dispatcher: { name: "createConnection" },
  client: { name: "createConnection" },
  proxy: { name: "createConnection" },
  request: { name: "fetch" },
  error: { name: "onError" },
  binarytype: { name: "borrow" },
  // Handlers
  connection: { name: "open" },
  connect: { name: "open" },
  connected: { name: "open" },
  data: { name: "message" },
  text: { name: "message" },
  binary: { name: "message" },
  end: { name: "close" },
  disconnect: { name: "close" },
  closed: { name: "close" },
};

/** One of `known`, or how it would be written; undefined when nothing is near. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const wanted = bare(name);
  const same = known.find((one) => isNearly(name, one, 0));
  if (same !== undefined) return same;
  const elsewhere = Object.hasOwn(ELSEWHERE, wanted) ? ELSEWHERE[wanted] : undefined;
  if (elsewhere !== undefined && known.includes(elsewhere.name)) return elsewhere.write ?? elsewhere.name;
  // A letter or two wrong, of a longer name more.
  const most = Math.floor(wanted.length / 4) + 1;
  for (let distance = 1; distance <= most; distance++) {
    const near = known.find((one) => distance < one.length && isNearly(name, one, distance));
    if (near !== undefined) return near;
  }
  return undefined;
}

/** Whether `name` is `known` with an "on" before it, in other case, or with at most `letters` of it wrong. */
export function isNearly(name: string, known: string, letters: number): boolean {
  const [wanted, meant] = [bare(name), known.toLowerCase()];
  return wanted === `on${meant}` || editDistance(wanted, meant) <= letters;
}

function bare(name: string): string {
  return name.toLowerCase().replace(/[-_]/g, "");
}

/** How many letters have to be put in, taken out, exchanged or swapped with their neighbour (optimal string alignment). */
function editDistance(one: string, other: string): number {
  let before: number[] = [];
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let i = 1; i <= one.length; i++) {
    const next = [i];
    for (let j = 1; j <= other.length; j++) {
      const exchanged = row[j - 1]! + (one[i - 1] === other[j - 1] ? 0 : 1);
      next[j] = Math.min(exchanged, row[j]! + 1, next[j - 1]! + 1);
      if (i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1]) next[j] = Math.min(next[j]!, before[j - 2]! + 1);
    }
    [before, row] = [row, next];
  }
  return row[other.length]!;
}
