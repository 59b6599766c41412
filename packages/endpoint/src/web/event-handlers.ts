/** Event handler IDL attributes (`onopen`, …), as the HTML Standard defines them (§8.1.8.1). */
import { isObject } from "./webidl.ts";

interface Handler {
  callback: object;
  readonly listener: EventListener;
}

// What a program puts over these methods is not called for its attributes.
const { addEventListener, removeEventListener } = EventTarget.prototype;

export class EventHandlers {
  readonly #target: EventTarget;
  readonly #handlers = new Map<string, Handler>();

  constructor(target: EventTarget) {
    this.#target = target;
  }

  get(type: string): object | null {
    return this.#handlers.get(type)?.callback ?? null;
  }

  /**
   * [LegacyTreatNonObjectAsNull]: what is no object is null. A handler takes its place among the listeners when it is set, keeps it when it is
   * replaced, and loses it when it is set to null.
   */
  set(type: string, value: unknown): void {
    const handler = this.#handlers.get(type);
    if (!isObject(value)) {
      if (handler === undefined) return;
      removeEventListener.call(this.#target, type, handler.listener);
      this.#handlers.delete(type);
    } else if (handler !== undefined) {
      handler.callback = value;
    } else {
      const added: Handler = { callback: value, listener: (event) => process(added.callback, event) };
      this.#handlers.set(type, added);
      addEventListener.call(this.#target, type, added.listener);
    }
  }
}

/** "The event handler processing algorithm": an object that cannot be called does nothing, and false cancels the event. */
function process(callback: object, event: { readonly currentTarget: unknown; preventDefault(): void }): void {
  if (typeof callback !== "function") return;
  const result: unknown = Reflect.apply(callback, event.currentTarget, [event]);
  if (result === false) event.preventDefault();
}
