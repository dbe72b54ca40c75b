/** Ctrl-C: the first asks to stop, the second does not ask. */
import { EXIT } from "./exit-codes.js";

/**
 * Runs `work` with a signal that the first SIGINT or SIGTERM aborts. The second one ends the process at once.
 * Afterwards the process behaves as before.
 */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const onSignal = (): void => {
    if (controller.signal.aborted) process.exit(EXIT.interrupted);
    controller.abort();
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  try {
    return await work(controller.signal);
  } finally {
    process.off("SIGINT", onSignal);
    process.off("SIGTERM", onSignal);
  }
}
