import eslint from "@eslint/js";
import { defineConfig } from "eslint/config";
import tseslint from "typescript-eslint";

/** The layers of docs/architecture.md: what the sources of each package may import, besides their own files. */
const layers = {
  codec: [],
  protocol: ["@ws/codec", "pako"],
  endpoint: ["@ws/codec", "@ws/protocol"],
  node: ["@ws/endpoint", "node:*", "@remix-run/*"],
  deno: ["@ws/endpoint", "node:*", "@remix-run/*"],
  bun: ["@ws/endpoint", "node:*", "bun", "@remix-run/*"],
  fuzz: ["fast-check", "node:*"],
  inspector: ["@ws/codec", "@ws/protocol"],
};

const layerRules = Object.entries(layers).map(([layer, allowed]) => ({
  files: [`packages/${layer}/src/**/*.ts`],
  // Siblings that need a host's modules carry the host in their folder's name; command-line programs live in cli/.
  ignores: ["packages/endpoint/src/zlib/**", "packages/endpoint/src/node-{buffer,http}/**", "packages/inspector/src/cli/**"],
  rules: {
    "no-restricted-imports": [
      "error",
      {
        patterns: [
          {
            // Everything that is neither relative nor named above.
            regex: `^(?!\\.)(?!(${allowed.map((name) => name.replace("*", ".*").replaceAll("/", "\\/")).join("|") || "(?!)"})($|\\/))`,
            message: `packages/${layer} may import ${allowed.join(", ") || "nothing"} (docs/architecture.md, Layers).`,
          },
        ],
      },
    ],
  },
}));

export default defineConfig(
  { ignores: ["**/dist/**", "**/node_modules/**", "**/.cache/**", "**/coverage/**"] },
  eslint.configs.recommended,
  tseslint.configs.strict,
  {
    rules: {
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/no-non-null-assertion": "off",
      "@typescript-eslint/unified-signatures": "off",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
      eqeqeq: "error",
    },
  },
  {
    files: ["**/*.js", "**/*.mjs"],
    languageOptions: {
      globals: {
        console: "readonly",
        process: "readonly",
        URL: "readonly",
        setTimeout: "readonly",
        clearTimeout: "readonly",
        fetch: "readonly",
        performance: "readonly",
      },
    },
  },
  ...layerRules,
);
