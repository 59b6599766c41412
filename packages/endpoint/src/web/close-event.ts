/** `CloseEvent`, where the host has none (Node 22), or one that is not the standard's (Deno). */
import { defineInterface, requireArgument, toDictionary, toUnsignedShort, toUSVString } from "./webidl.ts";

export interface CloseEventFields {
  readonly wasClean: boolean;
  readonly code: number;
  readonly reason: string;
}

export interface CloseEventFieldsInit {
  bubbles?: boolean;
  cancelable?: boolean;
  composed?: boolean;
  wasClean?: boolean;
  code?: number;
  reason?: string;
}

export type CloseEventClass = new (type: string, init?: CloseEventFieldsInit) => Event & CloseEventFields;

/** @param Base the host's own, where it has one: `instanceof` goes on to hold */
export function createCloseEvent(Base: new (type: string, init?: CloseEventFieldsInit) => Event = Event): CloseEventClass {
  class CloseEvent extends Base {
    readonly #fields: CloseEventFields;

    constructor(type: string, init: CloseEventFieldsInit = {}) {
      requireArgument(arguments.length, "CloseEvent constructor");
      const fields = toDictionary(init, "eventInitDict");
      const { code, reason, wasClean } = fields;
      super(type, fields as CloseEventFieldsInit);
      this.#fields = {
        code: code === undefined ? 0 : toUnsignedShort(code),
        reason: reason === undefined ? "" : toUSVString(reason),
        wasClean: Boolean(wasClean),
      };
    }

    get wasClean(): boolean {
      return this.#fields.wasClean;
    }

    get code(): number {
      return this.#fields.code;
    }

    get reason(): string {
      return this.#fields.reason;
    }
  }
  defineInterface(CloseEvent, { name: "CloseEvent" });
  Object.defineProperty(CloseEvent, "length", { value: 1, configurable: true });
  return CloseEvent;
}

/** Whether a host's class has the attributes, the conversions and the class string of the standard. */
function isStandard(Class: CloseEventClass): boolean {
  try {
    const event = new Class("close", { wasClean: "yes" as never, code: 65_537, reason: "\ud800" });
    const isAttribute = (name: string): boolean => Object.getOwnPropertyDescriptor(Class.prototype, name)?.enumerable === true;
    return (
      Object.prototype.toString.call(event) === "[object CloseEvent]" &&
      (["wasClean", "code", "reason"] as const).every(isAttribute) &&
      event.wasClean === true &&
      event.code === 1 &&
      event.reason === "\ufffd"
    );
  } catch {
    return false;
  }
}

let found: CloseEventClass | undefined;

/**
 * The host's, so that `instanceof` agrees with it, or ours where that is none or wrong. Looked up when it is first needed: in Node a look at the global
 * loads all of what `fetch` needs, 16 MB, which a program that only listens should not pay for.
 */
export function getCloseEvent(): CloseEventClass {
  if (found !== undefined) return found;
  const host = (globalThis as { CloseEvent?: CloseEventClass }).CloseEvent;
  // v8 ignore next -- Node has the standard's, Deno another; the contract suite compares ours with it in each runtime
  return (found = typeof host !== "function" ? createCloseEvent() : isStandard(host) ? host : createCloseEvent(host));
}
