/** What the command line takes, in words. */
export const USAGE: string = `ws-fuzz server <url> [options]      test a server that echoes
ws-fuzz client [--port 9001]         test clients: serve their Autobahn driver
ws-fuzz replay <file> <url>          play a saved session again (client: --port N)
ws-fuzz diff <url> <url> …           the same sessions on several servers: where do they disagree?
ws-fuzz merge <report.json> …        one report from several
ws-fuzz rules                        the table of rules

What is run
  --rules <glob>        rules and properties, e.g. "framing/*", "close/*,property/close"
  --runs <n>            random sessions per area (server 500, client 100)
  --time <30s>          time for random sessions (default 30s)
  --seed <n>            default 1; the same seed gives the same sessions
  --profile strict|lenient   lenient: known tolerated leniencies pass
  --shard <i/n>         the i-th of n parts
  --no-properties       rules only
  --timeout <ms>        time a target has for an answer (default 1000; repetitions get more)
  --concurrency <n>     connections at a time (server; default 12)
  --target-behaviour echo|silent
Connection
  --header "Name: value" (repeatable)  --origin <origin>  --subprotocol <name>
  --ca <file>  --insecure  --allow-remote (the target is not on this machine, and you may test it)
Target as a child process
  --spawn "<command>"   start it, watch its memory, restart it when it crashes or hangs
                        (client: the driver; it is run again until everything is shrunk)
Clients
  --port <n>  --host <address>  --once (end after the first agent's report)  --follow-ups <n> (default 200)
Output
  --json <file>  --junit <file>  --markdown <file>  --html <file>  --autobahn-report <dir>
  --out <dir>           session files of what was found (default ws-fuzz-findings)
  --pcap  --tests       with a capture and a test case for each   --quiet
An Autobahn configuration (fuzzingclient.json, fuzzingserver.json) may stand for the URL, or follow --config.
`;

/** The person at the command line asked for something that cannot be done: exit status 2. */
export class Usage extends Error {}
