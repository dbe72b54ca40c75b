// Lint rules for syntax that is not deterministic and that no built-in rule bans: `**` (as Math.pow, it gives
// other bits on other versions of V8) and for..in (integer-like keys come first).
const ban = (message) => (context, node) => context.report({ node, message });

const noPower = ban("`**` differs between engine versions: multiply, or use a table of integers.");
const noForIn = ban("for..in orders integer-like keys first: use a Map or Object.entries over known keys.");

export default {
  meta: { name: "determinism" },
  rules: {
    "no-power-operator": {
      create: (context) => ({
        BinaryExpression: (node) => node.operator === "**" && noPower(context, node),
        AssignmentExpression: (node) => node.operator === "**=" && noPower(context, node),
      }),
    },
    "no-for-in": {
      create: (context) => ({ ForInStatement: (node) => noForIn(context, node) }),
    },
    "no-module-state": {
      create: (context) => ({
        VariableDeclaration: (node) => {
          const parent = node.parent?.type === "ExportNamedDeclaration" ? node.parent.parent : node.parent;
          if (node.kind !== "const" && parent?.type === "Program") {
            context.report({
              node,
              message: "module-global state leaks from one world into the next: keep it in an object.",
            });
          }
        },
      }),
    },
  },
};
