/** Compiled only: @ws/node has at least the common API, with options no narrower. */
import type { Adapter } from "../../adapter.ts";

import * as adapter from "@ws/node";

adapter satisfies Adapter;

// @ts-expect-error a client's context is not for its caller to claim
void adapter.connect<string>("ws://localhost/");
adapter.connect("ws://localhost/").then(({ context }) => context satisfies undefined);
// @ts-expect-error handlers are the third argument
void adapter.connect("ws://localhost/", { message: () => undefined });

const socket = new adapter.WebSocket("ws://localhost/");
socket.addEventListener("error", ({ error }) => error.kind satisfies adapter.ErrorKind);
socket.onerror = ({ error }) => error.kind satisfies adapter.ErrorKind;
