/** What programs see of the packages above the protocol: no type of the machinery behind it, and no class that they could construct by mistake. */
import ts from "typescript";
import { expect, test } from "vitest";

import { entries } from "./entries.ts";

/** The machinery: none of it may be reached from a public type. */
const HIDDEN: ReadonlySet<string> = new Set([
  ...["Driver", "DriverGroup", "Inbox", "Settings", "Carrier", "Outgoing", "Incoming", "Program", "Delivery", "Sending", "Deadlines"],
  ...["AcceptPlan", "Opening", "ServerOpening", "ServerCore", "HttpAcceptor", "OrdinaryServer", "ConnectionEngine", "SendArena"],
]);

/** Every public entry of these packages, by its name. */
const shownEntries = new Map(
  entries.filter(({ name }) => /^@ws\/(endpoint|node|deno|bun)($|\/(?!internal))/.test(name)).map(({ name, file }) => [name, file]),
);

const program = ts.createProgram([...shownEntries.values()], {
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  target: ts.ScriptTarget.ES2023,
  customConditions: ["@ws/source"],
  allowImportingTsExtensions: true,
  noEmit: true,
  types: ["node"],
});
const checker = program.getTypeChecker();

function resolved(symbol: ts.Symbol): ts.Symbol {
  return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
}

/** What a declaration file shows of a declaration: no bodies, no private members, nothing of a private constructor. */
function shown(node: ts.Node): ts.Node[] {
  if (ts.isBlock(node) || ts.isExpressionStatement(node)) return [];
  if (ts.isClassElement(node)) {
    if (node.name !== undefined && ts.isPrivateIdentifier(node.name)) return [];
    if (ts.canHaveModifiers(node) && ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.PrivateKeyword)) return [];
  }
  const children: ts.Node[] = [];
  ts.forEachChild(node, (child) => {
    // Values are no types, but for a class that another extends.
    const isValue =
      (ts.isVariableDeclaration(node) || ts.isPropertyDeclaration(node) || ts.isParameter(node)) && child === node.initializer;
    if (!isValue) children.push(child);
  });
  return children;
}

/** The ways from the exports of `file` to what is hidden. */
function leaks(file: string, hidden: ReadonlySet<string>): { found: string[]; seen: number } {
  const found: string[] = [];
  const seen = new Set<ts.Symbol>();
  const visit = (symbol: ts.Symbol, way: string): void => {
    const target = resolved(symbol);
    if (seen.has(target)) return;
    seen.add(target);
    for (const declaration of target.declarations ?? []) {
      const { fileName } = declaration.getSourceFile();
      // Type parameters have the names of nothing.
      if (!fileName.includes("/packages/") || fileName.includes("/node_modules/") || ts.isTypeParameterDeclaration(declaration)) continue;
      if (ts.isClassDeclaration(declaration) || ts.isInterfaceDeclaration(declaration) || ts.isTypeAliasDeclaration(declaration)) {
        if (hidden.has(target.name)) {
          found.push(`${way} > ${target.name}`);
          continue;
        }
      }
      walk(declaration, `${way} > ${target.name}`);
    }
  };
  const walk = (node: ts.Node, way: string): void => {
    for (const child of shown(node)) {
      if (ts.isIdentifier(child)) {
        const symbol = checker.getSymbolAtLocation(child);
        if (symbol !== undefined) visit(symbol, way);
      }
      walk(child, way);
    }
  };
  const module = checker.getSymbolAtLocation(program.getSourceFile(file)!);
  for (const symbol of checker.getExportsOfModule(module!)) visit(symbol, symbol.name);
  return { found, seen: seen.size };
}

test("there are entries, and what is hidden is found where it is shown", () => {
  expect([...shownEntries.keys()]).toEqual(expect.arrayContaining(["@ws/endpoint", "@ws/endpoint/web", "@ws/node", "@ws/deno", "@ws/bun"]));
  expect(leaks(shownEntries.get("@ws/endpoint")!, new Set(["HeaderList"])).found).not.toEqual([]);
  const inside = new Set(
    program.getSourceFiles().flatMap(({ text }) => [...text.matchAll(/^(?:export )?(?:class|interface) (\w+)/gm)].map(([, name]) => name)),
  );
  expect([...HIDDEN].filter((name) => !inside.has(name))).toEqual([]);
});

test.each([...shownEntries])("the types of %s mention nothing of the machinery", (_, file) => {
  const { found, seen } = leaks(file, HIDDEN);
  expect(seen).toBeGreaterThan(3);
  expect(found).toEqual([]);
});
