/** Opening handshakes that differ from the default in one thing. */
import {
  DEFAULT_REQUEST,
  DEFAULT_RESPONSE,
  frameStep,
  type Headers,
  type RequestSpec,
  type ResponseSpec,
  type Session,
} from "../sessions/session.ts";
import { Opcode } from "../wire/frame.ts";

/** Headers to be replaced, or, where undefined, to be left out. */
type Changes = Readonly<Record<string, string | undefined>>;

function changed(headers: Headers, changes: Changes): Headers {
  return headers.flatMap(([name, value]) => {
    const wanted = Object.hasOwn(changes, name) ? changes[name] : value;
    return wanted === undefined ? [] : [[name, wanted] as const];
  });
}

/** A session whose request is changed; `more` headers follow. */
export function request(changes: Changes, more: Headers = [], start: Partial<RequestSpec> = {}): Session {
  const headers = [...changed(DEFAULT_REQUEST.headers, changes), ...more];
  return { steps: [], request: { ...DEFAULT_REQUEST, ...start, headers } };
}

/** A session whose response is changed so that the client has to fail it: whoever answers took it. */
export function response(changes: Changes, more: Headers = [], start: Partial<ResponseSpec> = {}): Session {
  const headers = [...changed(DEFAULT_RESPONSE.headers, changes), ...more];
  return { steps: [frameStep(Opcode.PING, "a"), frameStep(Opcode.TEXT, "a")], response: { ...DEFAULT_RESPONSE, ...start, headers } };
}

/** A session whose response is changed and good all the same. */
export function good(changes: Changes, more: Headers = [], start: Partial<ResponseSpec> = {}): Session {
  return { ...response(changes, more, start), steps: [frameStep(Opcode.TEXT, "a")] };
}
