/** Every function that a server's program gives, by the types: one that is missing here does not compile. */
import type { AcceptOptions, ConnectionHandlers, ServerOptions } from "@ws/endpoint";

import type { Place } from "./life.ts";

/** The names of those members that are functions, or may be. */
export type FunctionNames<Options> = {
  [Name in keyof Options]-?: Extract<NonNullable<Options[Name]>, (...parameters: never) => unknown> extends never ? never : Name;
}[keyof Options];

const ORIGIN = "Origin: https://a.example\r\n";

export const optionFunctions = {
  inspect: (slipping) => ({ options: { inspect: slipping() } }),
  allowedOrigins: (slipping) => ({ options: { allowedOrigins: slipping(() => true) }, lines: ORIGIN }),
  upgrade: (slipping) => ({ options: { upgrade: slipping(() => ({})) } }),
  onRefused: (slipping) => ({ options: { onRefused: slipping() }, lines: ORIGIN }),
  onError: (slipping) => ({ options: { onError: slipping() }, handler: { message: () => Promise.reject(new Error("x")) } }),
} satisfies Record<FunctionNames<ServerOptions>, Place>;

const full = { sendHighWaterMark: 1 } satisfies AcceptOptions;

export const handlerFunctions = {
  open: (slipping) => ({ options: full, handler: { open: slipping() } }),
  message: (slipping) => ({ options: full, handler: { message: slipping() } }),
  chunk: (slipping) => ({ options: { ...full, streaming: true }, handler: { chunk: slipping() } }),
  drain: (slipping) => ({ options: full, handler: { drain: slipping() } }),
  closing: (slipping) => ({ options: full, handler: { closing: slipping() } }),
  close: (slipping) => ({ options: full, handler: { close: slipping() } }),
} satisfies Record<FunctionNames<ConnectionHandlers>, Place>;

export const others = {
  "the handler that is a function": (slipping) => ({ handler: slipping(() => Promise.resolve()) }),
  "the handler of an answer": (slipping) => ({ options: { upgrade: () => ({ handler: { message: slipping() } }) } }),
  "the listener's close": (slipping) => ({ listener: { close: slipping() } }),
} satisfies Record<string, Place>;

// @ts-expect-error a function that the types have, and that is not tried here
({}) satisfies Record<FunctionNames<ServerOptions>, Place>;
