// What is done to a place of the source: one list of replacements for each kind of node.
//
// Of mutants that the same test is bound to kill only the harder ones are made: a condition is replaced by true and by false, not negated; of `a && b`
// each operand is left out, which is harder to notice than `||`. Texts for people (those with a space) are left alone.
import ts from "typescript";

const K = ts.SyntaxKind;

/** Operators and what stands in their place. */
const swapped = new Map([
  [K.LessThanToken, ["<="]],
  [K.LessThanEqualsToken, ["<"]],
  [K.GreaterThanToken, [">="]],
  [K.GreaterThanEqualsToken, [">"]],
  [K.PlusToken, ["-"]],
  [K.MinusToken, ["+"]],
  [K.AsteriskToken, ["/"]],
  [K.AsteriskAsteriskToken, ["*"]],
  [K.SlashToken, ["*"]],
  [K.PercentToken, ["*"]],
  [K.LessThanLessThanToken, [">>"]],
  [K.GreaterThanGreaterThanToken, ["<<"]],
  [K.GreaterThanGreaterThanGreaterThanToken, ["<<"]],
  [K.AmpersandToken, ["|"]],
  [K.BarToken, ["&"]],
  [K.CaretToken, ["|"]],
  [K.PlusEqualsToken, ["-=", "="]],
  [K.MinusEqualsToken, ["+=", "="]],
  [K.BarEqualsToken, ["&=", "="]],
  [K.AmpersandEqualsToken, ["|=", "="]],
  [K.CaretEqualsToken, ["|=", "="]],
  [K.LessThanLessThanEqualsToken, [">>="]],
  [K.GreaterThanGreaterThanEqualsToken, ["<<="]],
  [K.GreaterThanGreaterThanGreaterThanEqualsToken, ["<<="]],
  [K.QuestionQuestionEqualsToken, ["="]],
]);

/** Where a condition stands these would be noticed whenever `true` and `false` are. */
const negated = new Map([
  [K.EqualsEqualsEqualsToken, "!=="],
  [K.ExclamationEqualsEqualsToken, "==="],
  [K.LessThanToken, ">="],
  [K.LessThanEqualsToken, ">"],
  [K.GreaterThanToken, "<="],
  [K.GreaterThanEqualsToken, "<"],
]);

const logical = new Set([K.AmpersandAmpersandToken, K.BarBarToken, K.QuestionQuestionToken]);

/** Expressions in the place of this one. */
export function replacementsOf(node) {
  const found = expressionReplacements(node);
  if (isCondition(node) && node.kind !== K.TrueKeyword && node.kind !== K.FalseKeyword) found.push(...conditionReplacements(node));
  const { parent } = node;
  if (ts.isReturnStatement(parent) && !isPlain(node) && found.every((text) => text !== "undefined")) found.push("undefined");
  return found;
}

/** Statements that may be left out. */
export function isRemovable(node) {
  if (ts.isExpressionStatement(node)) return !isSuperCall(node.expression);
  if (ts.isReturnStatement(node)) {
    // The last one of a function: nothing to go on with, and `undefined` either way.
    if (node.expression === undefined || node.expression.getText() === "undefined") return !isLastStep(node);
    return isPlain(node.expression) && !isLastStep(node);
  }
  return ts.isBreakStatement(node) || ts.isContinueStatement(node) || ts.isThrowStatement(node);
}

/** Functions whose whole body may be left out: those of several statements. */
export function isEmptiable(node) {
  return ts.isBlock(node) && ts.isFunctionLike(node.parent) && !ts.isConstructorDeclaration(node.parent) && node.statements.length > 1;
}

/** Nothing of the function is behind it. */
function isLastStep(node) {
  const { parent } = node;
  if (ts.isBlock(parent)) return parent.statements.at(-1) === node && (ts.isFunctionLike(parent.parent) || isLastStep(parent));
  return (ts.isIfStatement(parent) || ts.isTryStatement(parent) || ts.isCatchClause(parent)) && isLastStep(parent);
}

function expressionReplacements(node) {
  if (ts.isBinaryExpression(node)) return binaryReplacements(node);
  if (ts.isPrefixUnaryExpression(node)) return prefixReplacements(node);
  if (ts.isPostfixUnaryExpression(node)) return [node.operand.getText() + (node.operator === K.PlusPlusToken ? "--" : "++")];
  if (ts.isNumericLiteral(node)) return numberReplacements(node);
  if (node.kind === K.TrueKeyword) return ["false"];
  if (node.kind === K.FalseKeyword) return ["true"];
  if (ts.isStringLiteral(node)) return isWord(node) ? [node.text === "" ? '"mutant"' : '""'] : [];
  if (ts.isArrayLiteralExpression(node)) return node.elements.length > 0 ? ["[]"] : [];
  return isWholeChain(node) ? chainReplacements(node) : [];
}

function binaryReplacements(node) {
  const { left, right, operatorToken } = node;
  const [a, b] = [left.getText(), right.getText()];
  if (logical.has(operatorToken.kind)) return [a, b];
  if (operatorToken.kind === K.PlusToken && (isText(left) || isText(right))) return [];
  const found = (swapped.get(operatorToken.kind) ?? []).map((operator) => `${a} ${operator} ${b}`);
  const other = negated.get(operatorToken.kind);
  if (other !== undefined && !isCondition(node)) found.push(`${a} ${other} ${b}`);
  return found;
}

function prefixReplacements(node) {
  const operand = node.operand.getText();
  switch (node.operator) {
    case K.PlusPlusToken:
      return [`--${operand}`];
    case K.MinusMinusToken:
      return [`++${operand}`];
    case K.ExclamationToken:
      return isCondition(node) ? [] : [operand];
    default:
      return [operand];
  }
}

function numberReplacements(node) {
  const value = Number(node.text.replaceAll("_", ""));
  return value === 0 ? ["1"] : [String(value + 1), String(value - 1)];
}

function conditionReplacements(node) {
  // An operand left out is the rest of it: `true` for one of `&&`, `false` for one of `||`.
  if (!isBranch(node)) return [];
  return isAnd(node) ? ["false"] : isOr(node) ? ["true"] : ["true", "false"];
}

/** `a?.b` as `a.b`, for each of the links. */
function chainReplacements(node) {
  const found = [];
  const text = node.getText();
  const from = node.getStart();
  for (let link = node; isLink(link); link = link.expression) {
    const token = link.questionDotToken;
    if (token === undefined) continue;
    const [start, end] = [token.getStart() - from, token.end - from];
    found.push(text.slice(0, start) + (ts.isPropertyAccessExpression(link) ? "." : "") + text.slice(end));
  }
  return found;
}

const isLink = (node) =>
  ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node) || ts.isCallExpression(node) || ts.isNonNullExpression(node);

const isWholeChain = (node) =>
  ts.isOptionalChain(node) && !(isLink(node.parent) && node.parent.expression === node && ts.isOptionalChain(node.parent));

const isAnd = (node) => ts.isBinaryExpression(node) && node.operatorToken.kind === K.AmpersandAmpersandToken;
const isOr = (node) => ts.isBinaryExpression(node) && node.operatorToken.kind === K.BarBarToken;

/** Decides which way the program goes. */
function isBranch(node) {
  const { parent } = node;
  if (ts.isParenthesizedExpression(parent)) return isBranch(parent);
  if (ts.isIfStatement(parent) || ts.isWhileStatement(parent) || ts.isDoStatement(parent)) return parent.expression === node;
  return (ts.isForStatement(parent) || ts.isConditionalExpression(parent)) && parent.condition === node;
}

/** A branch's condition, or an `&&` or `||` in it. An operand counts as part of the whole. */
function isCondition(node) {
  if (isBranch(node)) return true;
  const { parent } = node;
  return (isAnd(node) || isOr(node)) && (isAnd(parent) || isOr(parent)) && isCondition(parent);
}

const isText = (node) =>
  ts.isStringLiteralLike(node) || ts.isTemplateExpression(node) || (ts.isBinaryExpression(node) && isText(node.left));

/** A code or a word that decides something, not a text for people. */
function isWord(node) {
  if (/\s\S*[a-z]/.test(node.text)) return false;
  const { parent } = node;
  if (ts.isImportDeclaration(parent) || ts.isExportDeclaration(parent)) return false;
  return (
    !(ts.isPropertyAssignment(parent) && parent.name === node) && !(ts.isBinaryExpression(parent) && ts.isTypeOfExpression(parent.left))
  );
}

/** Has replacements of its own, or none that would be another value. */
function isPlain(node) {
  if (node.kind === K.TrueKeyword || node.kind === K.FalseKeyword || node.kind === K.NullKeyword) return true;
  return ts.isLiteralExpression(node) || (ts.isIdentifier(node) && node.text === "undefined");
}

const isSuperCall = (node) => ts.isCallExpression(node) && node.expression.kind === K.SuperKeyword;
