/** A server in a process of its own, which never outlives this one. */
import { fork, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { builtModule } from "../built-module.js";
import type { ServeArguments } from "../commands/serve.js";

const CHILD = fileURLToPath(builtModule("serve/server-child"));

export class ServerProcess {
  /** Resolves once the server says that it is ready. Rejects with what it said where it ended before. */
  readonly ready: Promise<void>;
  readonly #child: ChildProcess;
  readonly #closed: Promise<void>;

  private constructor(child: ChildProcess) {
    this.#child = child;
    let said = "";
    this.ready = new Promise((resolve, reject) => {
      const onText = (text: string): void => {
        said += text;
        if (/: ready on .*\n/.test(said)) resolve();
      };
      child.stdout!.setEncoding("utf8").on("data", onText);
      child.stderr!.setEncoding("utf8").on("data", onText);
      child.once("error", reject);
      child.once("close", (code, signal) => {
        reject(new Error(`a server ended before it was ready (${code ?? signal}): ${said.trim()}`));
      });
    });
    const kill = (): void => void child.kill("SIGKILL");
    process.on("exit", kill);
    this.#closed = new Promise((resolve) => {
      child.once("close", () => {
        process.off("exit", kill);
        resolve();
      });
    });
    // Whoever ends it before it is ready does not wait for it to be.
    this.ready.catch(() => undefined);
  }

  static start(args: ServeArguments): ServerProcess {
    const stdio = ["ignore", "pipe", "pipe", "ipc"] as const;
    return new ServerProcess(fork(CHILD, [JSON.stringify(args)], { execArgv: [], stdio: [...stdio] }));
  }

  /** Resolves once the process is gone. */
  async end(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    this.#child.kill(signal);
    await this.#closed;
  }
}
