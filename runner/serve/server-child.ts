/** The process of a `ServerProcess`. Its one argument is a `ServeArguments` as JSON. */
import { serve, type ServeArguments } from "../commands/serve.js";
import { processOutput } from "../output.js";

const controller = new AbortController();
// The terminal sends Ctrl-C to the whole group; the parent decides what becomes of this process.
process.on("SIGINT", () => {});
process.on("SIGTERM", () => controller.abort());
// A server without its parent serves nobody.
process.on("disconnect", () => controller.abort());
process.exitCode = await serve(
  JSON.parse(process.argv[2]!) as ServeArguments,
  processOutput(),
  controller.signal,
);
if (process.connected) process.disconnect();
