import { CloseCode, type ProtocolError } from "@ws/codec";

import type { TransformWork } from "../extension/transform.ts";
import type { EngineClosed, ConnectionFailure } from "./failure.ts";

/** What `ConnectionEngine.poll` came upon, and which fields of the engine tell more until the next `poll`. */
export const EngineEvent = {
  /** Nothing: the engine waits for bytes, time, or the result of a work item. */
  NONE: 0,
  /** A whole text message: `text`. */
  TEXT: 1,
  /** A whole binary message: `payload`, the receiver's to keep, or a view until the next `poll` with `borrow`. */
  BINARY: 2,
  /** A piece of a message (option `streaming`): `opcode`, `first`, `last`, and `text` or `payload`. */
  CHUNK: 3,
  /** The peer's Ping, already answered where §5.5.2 says so: `payload`, a view until the next `poll`. */
  PING: 4,
  /** The peer's Pong: `payload` (view), and `answeredPing`, the highest id it answers (0: none, it was unsolicited). */
  PONG: 5,
  /** The peer's Close, already answered: `closeCode` (1005: it had none), `closeReason`. No message follows. */
  CLOSING: 6,
  /** We failed the connection (§7.1.7): `error`. Nothing the peer sends is looked at any more. */
  FAILED: 7,
  /** A message for the transform: run `work` and give its result to `completeWork`. */
  WORK: 8,
  /** The connection is closed (§7.1.4): `closed`. Once, always, last. */
  CLOSED: 9,
} as const;

/** One of the values of {@link EngineEvent}. */
export type EngineEvent = (typeof EngineEvent)[keyof typeof EngineEvent];

/** The fields in which the events show what they came upon. What one of them shows is over with the next `poll`, save where it says more. */
export abstract class EventFields {
  /** `CHUNK`: TEXT or BINARY. */
  readonly opcode: number = 0;
  /** `CHUNK`: the piece begins its message. */
  readonly first: boolean = false;
  /** `CHUNK`: the piece ends its message. */
  readonly last: boolean = false;
  /** `PONG`: the highest id of a ping that it answers; 0: it was unsolicited. */
  readonly answeredPing: number = 0;
  /** `WORK`: the item. */
  readonly work: TransformWork | undefined = undefined;
  /** From `CLOSING` on: the status code of the peer's Close; 1005 when it had none. 1006 before. */
  readonly closeCode: number = CloseCode.ABNORMAL;
  /** From `CLOSING` on: the reason in the peer's Close. */
  readonly closeReason: string = "";
  /** From `FAILED` on: why we failed the connection. */
  readonly error: ProtocolError | ConnectionFailure | undefined = undefined;
  /** From `CLOSED` on. */
  readonly closed: EngineClosed | undefined = undefined;
}

/** What sending answers. */
export const SendResult = {
  /** Accepted. It is in `takeOutput`, or waits there in order behind a message that is being transformed. */
  READY: 0,
  /** Not accepted: the closing handshake has begun, the connection failed, or the transport ended. A race, not an error. */
  CLOSING: 1,
} as const;

/** One of the values of {@link SendResult}. */
export type SendResult = (typeof SendResult)[keyof typeof SendResult];
