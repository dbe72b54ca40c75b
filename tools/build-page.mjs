// The browser code of the page (reports/page/client) as one script, and its style sheet, beside what reads them.
import { copyFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "rolldown";

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));

await build({
  input: path("../reports/page/client/main.ts"),
  // Sources import each other as what they are built to.
  resolve: { extensionAlias: { ".js": [".ts"] } },
  output: { file: path("../dist/reports/page/client.js"), format: "iife", minify: true },
  logLevel: "warn",
});
copyFileSync(path("../reports/page/client/style.css"), path("../dist/reports/page/client.css"));
