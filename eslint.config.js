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

/** A whole buffer in the place of a view of it shows whatever else lies there: the bytes of another connection, say. */
const viewOfBuffer = [
  'NewExpression[callee.name=/(Array|^DataView)$/][arguments.0.property.name="buffer"][arguments.0.object.type!="NewExpression"]',
  'CallExpression[callee.object.name="Buffer"][callee.property.name="from"][arguments.0.property.name="buffer"]',
].map(
  (selector) =>
    `${selector}:not([arguments.length=3]:matches([arguments.1.property.name="byteOffset"], [arguments.1.left.property.name="byteOffset"]))`,
);

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
      "no-restricted-syntax": [
        "error",
        ...viewOfBuffer.map((selector) => ({
          selector,
          message: "An array may begin anywhere in its buffer: use subarray, or give byteOffset and the length.",
        })),
      ],
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
        setInterval: "readonly",
        clearInterval: "readonly",
        fetch: "readonly",
        performance: "readonly",
      },
    },
  },
  ...layerRules,
);
