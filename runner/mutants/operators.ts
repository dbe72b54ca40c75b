/**
 * The mechanical mutation operators, and the rules for what they leave alone:
 *
 * - statements and expressions that only state, observe or mark: calls of `assert`, `unreachable`, `observe`,
 *   `reached`, `log`, and an `if` that holds nothing else;
 * - what only ends up in an error: arguments of constructors and functions that make one (`new ...Error`, those
 *   that errors.js exports), and every `throw` in as far as its text goes;
 * - strings and templates, imports and exports;
 * - methods called `inspect`, and the files that `mechanical.ts` keeps out.
 */
import { calleeName, childrenOf, isSyntax, type Syntax } from "./syntax.js";

/** One possible edit. */
export interface Candidate {
  readonly operator: Operator;
  readonly start: number;
  readonly end: number;
  readonly replacement: string;
}

export const OPERATORS = [
  "drop-sync",
  "drop-await",
  "negate-condition",
  "off-by-one",
  "swap-statements",
  "drop-statement",
  "replace-return",
] as const;

export type Operator = (typeof OPERATORS)[number];

const OBSERVING = new Set(["assert", "unreachable", "observe", "reached", "log"]);
const ERROR_MAKERS = new Set(["badArgument", "noSpace", "syncFailed", "ioFailed", "closed", "damageAt"]);
const LESS_BY_ONE = new Map([
  ["<", "<="],
  ["<=", "<"],
  [">", ">="],
  [">=", ">"],
]);

/** Whether nothing in this node, nor below it, is to be mutated. */
export function isOffLimits(node: Syntax): boolean {
  switch (node.type) {
    case "ImportDeclaration":
    case "ExportAllDeclaration":
    case "TemplateLiteral":
      return true;
    case "CallExpression":
      return OBSERVING.has(calleeName(node)) || ERROR_MAKERS.has(calleeName(node));
    case "NewExpression":
      return calleeName(node).endsWith("Error");
    case "MethodDefinition":
      return isSyntax(node["key"]) && node["key"]["name"] === "inspect";
    case "ExpressionStatement":
    case "IfStatement":
      return onlyObserves(node);
    default:
      return false;
  }
}

/** Every edit that the operators could make at this very node. */
export function candidatesAt(node: Syntax, text: string): Candidate[] {
  switch (node.type) {
    case "ExpressionStatement":
      return atStatement(node, text);
    case "IfStatement":
      return [...negation(node["test"], text), edit("drop-statement", node, ";")];
    case "WhileStatement":
    case "ConditionalExpression":
      return negation(node["test"], text);
    case "BinaryExpression":
      return atComparison(node, text);
    case "Literal":
      return Number.isInteger(node["value"]) ? atInteger(node) : [];
    case "ReturnStatement":
      return atReturn(node, text);
    case "BlockStatement":
    case "Program":
      return swaps(node, text);
    default:
      return [];
  }
}

function atStatement(node: Syntax, text: string): Candidate[] {
  const expression = node["expression"] as Syntax;
  const awaited = expression.type === "AwaitExpression" ? (expression["argument"] as Syntax) : undefined;
  const called = awaited ?? expression;
  const isSync = called.type === "CallExpression" && calleeName(called).startsWith("sync");
  // A `super` call that is dropped only shows that classes work.
  if (called.type === "CallExpression" && (called["callee"] as Syntax).type === "Super") return [];
  const dropped = edit(isSync ? "drop-sync" : "drop-statement", node, ";");
  if (awaited === undefined) return [dropped];
  return [dropped, edit("drop-await", expression, `void ${text.slice(awaited.start, awaited.end)}`)];
}

function negation(test: unknown, text: string): Candidate[] {
  if (!isSyntax(test)) return [];
  return [edit("negate-condition", test, `!(${text.slice(test.start, test.end)})`)];
}

function atComparison(node: Syntax, text: string): Candidate[] {
  const operator = LESS_BY_ONE.get(node["operator"] as string);
  if (operator === undefined) return [];
  const [left, right] = [node["left"] as Syntax, node["right"] as Syntax];
  const replacement = `${text.slice(left.start, left.end)} ${operator} ${text.slice(right.start, right.end)}`;
  return [edit("off-by-one", node, replacement)];
}

function atInteger(node: Syntax): Candidate[] {
  const value = node["value"] as number;
  return [edit("off-by-one", node, String(value + 1)), edit("off-by-one", node, `(${value - 1})`)];
}

const YES_OR_NO = new Set(["==", "!=", "===", "!==", "<", "<=", ">", ">=", "in", "instanceof"]);

function atReturn(node: Syntax, text: string): Candidate[] {
  const value = node["argument"];
  if (!isSyntax(value)) return [];
  const isBoolean =
    value.type === "LogicalExpression" ||
    (value.type === "BinaryExpression" && YES_OR_NO.has(value["operator"] as string)) ||
    (value.type === "UnaryExpression" && value["operator"] === "!") ||
    typeof value["value"] === "boolean";
  const replacement = isBoolean ? `!(${text.slice(value.start, value.end)})` : "undefined";
  return [edit("replace-return", value, replacement)];
}

/** Neighbours that declare nothing, so that the mutant fails by its order and not by a name it lacks. */
function swaps(node: Syntax, text: string): Candidate[] {
  const statements = childrenOf(node);
  const candidates: Candidate[] = [];
  for (let i = 0; i + 1 < statements.length; i++) {
    const [first, second] = [statements[i]!, statements[i + 1]!];
    if (![first, second].every(isMovable)) continue;
    const between = text.slice(first.end, second.start);
    const replacement = text.slice(second.start, second.end) + between + text.slice(first.start, first.end);
    candidates.push({ operator: "swap-statements", start: first.start, end: second.end, replacement });
  }
  return candidates;
}

function isMovable(node: Syntax): boolean {
  const isPlain = ["ExpressionStatement", "IfStatement", "ForOfStatement", "WhileStatement"].includes(
    node.type,
  );
  return isPlain && !onlyObserves(node);
}

/** True for `assert(...)`, for `if (...) reached(...)`, and blocks of such. */
function onlyObserves(node: Syntax): boolean {
  switch (node.type) {
    case "ExpressionStatement": {
      const expression = node["expression"] as Syntax;
      return expression.type === "CallExpression" && OBSERVING.has(calleeName(expression));
    }
    case "BlockStatement":
      return childrenOf(node).every(onlyObserves);
    case "IfStatement": {
      const otherwise = node["alternate"];
      return onlyObserves(node["consequent"] as Syntax) && (!isSyntax(otherwise) || onlyObserves(otherwise));
    }
    default:
      return false;
  }
}

function edit(operator: Operator, at: Syntax, replacement: string): Candidate {
  return { operator, start: at.start, end: at.end, replacement };
}
