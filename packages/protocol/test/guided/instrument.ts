// Counters in the sources: which branches ran and how often, and how many bytes typed arrays were made for. Node loads our packages' sources through
// `registerHooks`; each function, branch, loop body, case and right side of a logical operator gets a counter of its own.

import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { fileURLToPath } from "node:url";

import ts from "typescript";

/** By the number of the place. Reset by whoever runs something. */
export const counters: Uint32Array<ArrayBuffer> = new Uint32Array(1 << 14);

/** Of `new Uint8Array(length)`, since the last reset. */
export const allocation: { bytes: number; largest: number } = { bytes: 0, largest: 0 };

/** Where each place is: file and line. */
export const places: string[] = [];

Object.assign(globalThis, {
  __guided: counters,
  __allocate: (length: unknown): unknown => {
    if (typeof length === "number") {
      allocation.bytes += length;
      allocation.largest = Math.max(allocation.largest, length);
    }
    return length;
  },
});

/** From now on, sources whose address matches are loaded with counters. */
export function instrumentSources(address: RegExp): void {
  registerHooks({
    load(url, context, next) {
      if (!address.test(url)) return next(url, context);
      const source = withCounters(readFileSync(fileURLToPath(url), "utf8"), url);
      return { format: "module-typescript", source, shortCircuit: true };
    },
  });
}

/** The TypeScript with a counter at each place. */
export function withCounters(source: string, name: string): string {
  const file = ts.createSourceFile(name, source, ts.ScriptTarget.Latest, true);
  /** For what begins at this offset. */
  const count = (offset: number): string => {
    if (places.length === counters.length) throw new RangeError("More places than counters.");
    const { line } = file.getLineAndCharacterOfPosition(offset);
    return `__guided[${places.push(`${name}:${line + 1}`) - 1}]++`;
  };

  /** The node's own text, its children's with counters. */
  const render = (node: ts.Node): string => {
    let text = "";
    let position = node.getStart(file);
    const upTo = (end: number): void => {
      text += source.slice(position, end);
      position = end;
    };
    node.forEachChild((child) => {
      upTo(child.getStart(file));
      text += wrapped(child, render(child));
      position = child.end;
      // `case x:` counts behind its colon.
      if (ts.isCaseClause(node) && child === node.expression) {
        upTo(source.indexOf(":", position) + 1);
        text += `${count(position)};`;
      }
    });
    upTo(node.end);
    if (ts.isDefaultClause(node)) return text.replace(/^default\s*:/, (label) => `${label}${count(position)};`);
    return text;
  };

  const wrapped = (node: ts.Node, text: string): string => {
    const { parent } = node;
    const at = node.getStart(file);
    if (ts.isBlock(node) && ts.isFunctionLike(parent)) return `{${count(at)};${text.slice(1)}`;
    if (ts.isIfStatement(parent) && node !== parent.expression) return `{${count(at)};${text}}`;
    if (ts.isIterationStatement(parent, false) && node === parent.statement) return `{${count(at)};${text}}`;
    if (ts.isCatchClause(parent) && node === parent.block) return `{${count(at)};${text.slice(1)}`;
    if (ts.isConditionalExpression(parent) && (node === parent.whenTrue || node === parent.whenFalse)) return `(${count(at)},${text})`;
    if (ts.isArrowFunction(parent) && node === parent.body) return `(${count(at)},${text})`;
    if (ts.isBinaryExpression(parent) && node === parent.right && LOGICAL.has(parent.operatorToken.kind)) return `(${count(at)},${text})`;
    if (ts.isNewExpression(parent) && node === parent.arguments?.[0] && parent.expression.getText(file) === "Uint8Array")
      return `__allocate(${text})`;
    return text;
  };

  return render(file);
}

const LOGICAL: ReadonlySet<ts.SyntaxKind> = new Set([
  ts.SyntaxKind.AmpersandAmpersandToken,
  ts.SyntaxKind.BarBarToken,
  ts.SyntaxKind.QuestionQuestionToken,
]);
