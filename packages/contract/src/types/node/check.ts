/** Compiled only: @ws/node has at least the common API, with options no narrower. */
import type { Adapter } from "../../adapter.ts";

import * as adapter from "@ws/node";

adapter satisfies Adapter;
