/** Of every test file: the files of a worker share their modules, so a hook that a module sets would be of the first file alone. */
import { afterEach } from "vitest";

import { throwNoted } from "./failed-assertions.ts";

afterEach(throwNoted);
