/** Compiled only: what @ws/deno declares of the modules that need Node's types is what they are. */
import * as nodeBuffer from "@ws/endpoint/internal/node-buffer";
import * as nodeHttp from "@ws/endpoint/internal/node-http";
import * as zlib from "@ws/endpoint/zlib";

import type { bufferUtf8 } from "../../../../deno/types/node-buffer.d.ts";
import type { dialOver, dialSocket, fetchListener, socketBinding, takeOver } from "../../../../deno/types/node-http.d.ts";
import type { permessageDeflate } from "../../../../deno/types/zlib.d.ts";

nodeBuffer.bufferUtf8 satisfies typeof bufferUtf8;
nodeHttp.socketBinding satisfies typeof socketBinding;
nodeHttp.dialOver satisfies typeof dialOver;
nodeHttp.dialSocket satisfies typeof dialSocket;
nodeHttp.fetchListener satisfies typeof fetchListener;
nodeHttp.takeOver satisfies typeof takeOver;
zlib.permessageDeflate satisfies typeof permessageDeflate;
