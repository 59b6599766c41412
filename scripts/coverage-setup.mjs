// What `scripts/coverage.mjs` adds to each test file.
import { takeCoverage } from "node:v8";
import fc from "fast-check";
import { afterAll } from "vitest";

// The same examples in every run: whether a branch is taken must not be a matter of chance.
fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: 1 });

// Vitest ends its workers by a signal, at which Node writes nothing.
afterAll(takeCoverage);
