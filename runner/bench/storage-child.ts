/** The process of one engine in one round of `bench storage`: its memory is that of the engine and of nothing else. */
import { loadStore } from "../stores/index.js";
import { deviceCode } from "./device-code.js";
import { StorageSession, type Measurement, type SessionOptions } from "./storage-loads.js";
import type { Workload } from "./storage-workloads.js";

/** The first message, and one for each workload after it. */
export type StorageOrder =
  | { readonly kind: "begin"; readonly module: string; readonly options: SessionOptions }
  | { readonly kind: "run"; readonly workload: Workload }
  | { readonly kind: "end" };

/** One for each message. `code`: what the file system said, where it was that. */
export type StorageAnswer =
  | { readonly kind: "done"; readonly measurement?: Measurement }
  | { readonly kind: "failed"; readonly text: string; readonly code: string | undefined };

let session: StorageSession | undefined;

// The terminal sends Ctrl-C to the whole group; the parent decides what becomes of this process.
process.on("SIGINT", () => {});
process.on("disconnect", () => process.exit(1));
process.on("message", (order: StorageOrder) => {
  obey(order).then(
    (measurement) => answer({ kind: "done", ...(measurement === undefined ? {} : { measurement }) }),
    (error: unknown) => {
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      answer({ kind: "failed", text, code: deviceCode(error) });
    },
  );
});

async function obey(order: StorageOrder): Promise<Measurement | undefined> {
  switch (order.kind) {
    case "begin":
      session = new StorageSession(await loadStore(order.module), order.options);
      return undefined;
    case "run":
      return session!.run(order.workload);
    case "end":
      await session!.close();
      break;
  }
  return undefined;
}

function answer(message: StorageAnswer): void {
  process.send!(message);
}
