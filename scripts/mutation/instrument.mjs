// Makes one source of many: all mutants of a file lie in it beside the original, and a number chooses which of them is the program.
//
//   if (a < b) f();   →   if (($m(1) ? true : $m(2) ? a <= b : (a < b))) { if ($m(3)); else f(); }
//
// `$m(id)` counts that the place was reached and tells whether this mutant is the one. Types stay, so that positions and messages do too.
import ts from "typescript";

import { isEmptiable, isRemovable, replacementsOf } from "./operators.mjs";

/** Of a line of a list, at most. */
const SHOWN = 120;

/**
 * @param file name below the repository, with which mutants are named
 * @param firstId id of its first mutant
 * @returns the mutants, and the text with all of them
 */
export function instrument(file, text, firstId, stateModule) {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ESNext, true, ts.ScriptKind.TS);
  const mutants = [];
  const add = (node, change) => {
    const { line } = source.getLineAndCharacterOfPosition(node.getStart());
    const mutant = {
      id: firstId + mutants.length,
      file,
      line: line + 1,
      place: placeOf(node),
      text: oneLine(node.getText()),
      change: oneLine(change),
    };
    mutants.push(mutant);
    return mutant.id;
  };
  const written = emit(source, { text, add });
  numberTwins(mutants);
  return { mutants, text: `import { $m } from ${JSON.stringify(stateModule)};${written}` };
}

/** Alike in file, place, text and change: they are told apart by their order. */
function numberTwins(mutants) {
  const counts = new Map();
  for (const mutant of mutants) {
    const key = keyOf(mutant);
    const nth = (counts.get(key) ?? 0) + 1;
    counts.set(key, nth);
    if (nth > 1) mutant.nth = nth;
  }
}

/** What a mutant is known by when lines have moved. */
export function keyOf({ file, place, text, change, nth }) {
  return JSON.stringify([file, place, text, change, ...(nth === undefined ? [] : [nth])]);
}

function oneLine(text) {
  const line = text.replaceAll(/\s+/g, " ");
  return line.length <= SHOWN ? line : `${line.slice(0, SHOWN - 1)}…`;
}

/** Names of the class and the function around. */
function placeOf(node) {
  const names = [];
  for (let at = node.parent; at !== undefined; at = at.parent) {
    if (ts.isConstructorDeclaration(at)) names.unshift("constructor");
    else if (
      (ts.isFunctionLike(at) || ts.isClassDeclaration(at) || ts.isPropertyDeclaration(at) || isTopVariable(at)) &&
      at.name !== undefined
    )
      names.unshift(at.name.getText());
  }
  return names.join(".");
}

const isTopVariable = (node) => ts.isVariableDeclaration(node) && ts.isSourceFile(node.parent.parent.parent);

/** The text of a node with all mutants below it, and what lies between `from` and it. */
function emit(node, context, from = 0) {
  if (isType(node)) return context.text.slice(from, node.end);
  const lead = node.kind === ts.SyntaxKind.SourceFile ? "" : context.text.slice(from, node.getStart());
  if (isEmptiable(node)) {
    const id = context.add(node, "{}");
    return `${lead}{ if ($m(${id})) return;${inside(node, context, node.getStart() + 1)}`;
  }
  if (isRemovable(node)) {
    const id = context.add(node, "(nothing)");
    return `${lead}{ if ($m(${id})); else ${inside(node, context, node.getStart())} }`;
  }
  if (!isWrappable(node)) return lead + inside(node, context, node.getStart());
  const alternatives = replacementsOf(node).map((change) => `$m(${context.add(node, change)}) ? (${change}) : `);
  const original = inside(node, context, node.getStart());
  return alternatives.length === 0 ? lead + original : `${lead}(${alternatives.join("")}(${original}))`;
}

/** The same from `from` on: what lies between the children stays as it is. */
function inside(node, context, from) {
  let written = "";
  let at = node.kind === ts.SyntaxKind.SourceFile ? 0 : from;
  ts.forEachChild(node, (child) => {
    written += emit(child, context, at);
    at = child.end;
  });
  return written + context.text.slice(at, node.end);
}

function isType(node) {
  return (
    ts.isTypeNode(node) ||
    ts.isInterfaceDeclaration(node) ||
    ts.isTypeAliasDeclaration(node) ||
    ts.isImportDeclaration(node) ||
    ts.isExportDeclaration(node)
  );
}

/** An expression that another one may stand for: no target of an assignment, nothing that is called with its object. */
function isWrappable(node) {
  if (!ts.isExpression(node)) return false;
  const { parent } = node;
  if (ts.isBinaryExpression(parent) && parent.left === node) {
    const { kind } = parent.operatorToken;
    if (kind >= ts.SyntaxKind.FirstAssignment && kind <= ts.SyntaxKind.LastAssignment) return false;
  }
  if (ts.isComputedPropertyName(parent) || parent.name === node) return false;
  return !((ts.isCallExpression(parent) || ts.isNewExpression(parent)) && parent.expression === node);
}
