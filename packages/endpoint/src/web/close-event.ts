/** `CloseEvent`, where the host has none (Node 22). */
import { defineInterface, requireArguments, toDictionary, toUnsignedShort, toUSVString } from "./webidl.ts";

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

export function createCloseEvent(): CloseEventClass {
  class CloseEvent extends Event {
    readonly #fields: CloseEventFields;

    constructor(type: string, init: CloseEventFieldsInit = {}) {
      requireArguments(arguments.length, 1, "CloseEvent constructor");
      const { code, reason, wasClean } = toDictionary(init, "eventInitDict");
      super(type, init);
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

let found: CloseEventClass | undefined;

/**
 * The host's, so that `instanceof` agrees with it, or ours where it has none. Looked up when it is first needed: in Node a look at the global loads all of
 * what `fetch` needs, 16 MB, which a program that only listens should not pay for.
 */
export function getCloseEvent(): CloseEventClass {
  return (found ??= (globalThis as { CloseEvent?: CloseEventClass }).CloseEvent ?? createCloseEvent());
}
