// The branches of a TypeScript source, and how often each was taken according to V8's counts.
// A branch: a function, the body of a loop, a catch block, a case, either way of `if` and `?:`, the right side of `&&`, `||` and `??`.
// V8 does not count the ways through `?.`, `??=` and default values.
import ts from "typescript";

/** The position inside `node` at which V8's count is its own. */
function within(node) {
  if (ts.isParenthesizedExpression(node)) return within(node.expression);
  return node.getStart() + (ts.isBlock(node) ? 1 : 0);
}

const logical = new Set([ts.SyntaxKind.AmpersandAmpersandToken, ts.SyntaxKind.BarBarToken, ts.SyntaxKind.QuestionQuestionToken]);

/** The ways that begin at `node`: what, the position where it stands, and its count, by `at(position)`. */
function waysOf(node, at) {
  const start = node.getStart();
  const way = (what, part) => ({ what, position: part.getStart(), count: at(within(part)) });
  if (ts.isFunctionLike(node) && node.body) return [{ ...way("function", node.body), position: start }];
  if (ts.isIterationStatement(node, false)) return [way("loop", node.statement)];
  if (ts.isCatchClause(node)) return [{ ...way("catch", node.block), position: start }];
  if (ts.isCaseOrDefaultClause(node)) return [way("case", node)];
  if (ts.isConditionalExpression(node)) return [way("?", node.whenTrue), way(":", node.whenFalse)];
  if (ts.isBinaryExpression(node) && logical.has(node.operatorToken.kind)) return [way(node.operatorToken.getText(), node.right)];
  if (!ts.isIfStatement(node)) return [];
  const then = { ...way("if", node.thenStatement), position: start };
  if (node.elseStatement) return [then, way("else", node.elseStatement)];
  return [then, { what: "no else", position: start, count: at(start) - then.count }];
}

const hint = /(?:\/\/|\/\*) v8 ignore next(?: -- (?<reason>\S.*?))?(?: \*\/)?$/;

/** The hints of `lines` by the line on which what they speak of begins: their own, or the first line of code below a comment of its own. */
function hintsOf(lines, mistakes) {
  const hints = new Map();
  for (const [index, line] of lines.entries()) {
    if (!/\b(?:v8|c8|istanbul|node:coverage) (?:ignore|disable|enable)\b/.test(line)) continue;
    const found = hint.exec(line);
    if (!found?.groups.reason) mistakes.push({ line: index + 1, mistake: "an exception is written: // v8 ignore next -- reason" });
    let target = index;
    if (/^\s*\/[/*]/.test(line)) while (target < lines.length && /^\s*(?:\/\/|\*|\/\*(?!.*\*\/\s*\S)|$)/.test(lines[target])) target += 1;
    hints.set(target + 1, { line: index + 1, used: false });
  }
  return hints;
}

/** Every branch of `text` with V8's `counts` for each position; what is wrong with its exceptions. */
export function branchesOf(text, counts) {
  const source = ts.createSourceFile("source.ts", text, ts.ScriptTarget.Latest, true);
  const mistakes = [];
  const hints = hintsOf(text.split("\n"), mistakes);
  const branches = [];
  const lineOf = (position) => source.getLineAndCharacterOfPosition(position).line + 1;
  const visit = (node, outer) => {
    const hinted = outer ?? (node === source ? undefined : hints.get(lineOf(node.getStart())));
    for (const { what, position, count } of waysOf(node, (place) => counts[place] ?? 0)) {
      const excepted = count <= 0 && hinted !== undefined;
      if (excepted) hinted.used = true;
      branches.push({ what, line: lineOf(position), count, excepted });
    }
    ts.forEachChild(node, (child) => visit(child, hinted));
  };
  visit(source);
  for (const { line, used } of hints.values()) if (!used) mistakes.push({ line, mistake: "an exception for branches that are all taken" });
  return { branches, mistakes };
}

/** Adds to `counts` what a process counted in a script. V8's ranges are nested: the innermost one counts. */
export function addCounts(counts, functions) {
  const ranges = functions.flatMap((one) => one.ranges);
  ranges.sort((one, other) => one.startOffset - other.startOffset || other.endOffset - one.endOffset);
  const own = new Float64Array(counts.length);
  for (const { startOffset, endOffset, count } of ranges) own.fill(count, startOffset, endOffset);
  for (let index = 0; index < counts.length; index += 1) counts[index] += own[index];
}
