/** What every process that is to be killed does first. */
import type { JournaledOrder, Signal } from "./life.js";

/** Waits for its order, which is of the kind that its parent sends, and lives by it; an error ends the process. */
export function beginLife(live: (order: never) => Promise<void>): void {
  // The terminal sends Ctrl-C to the whole group; the parent decides what becomes of this process.
  process.on("SIGINT", () => {});
  // Also what keeps it alive when its plan is through.
  process.on("disconnect", () => process.exit(1));
  process.once("message", (order: JournaledOrder) => {
    live(order as never).catch((error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
      process.exit(1);
    });
  });
}

/** Tells the parent how far this process is. */
export function signal(name: Signal): void {
  process.send!(name);
}
