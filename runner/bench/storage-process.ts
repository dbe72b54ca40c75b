/** The other end of `storage-child.ts`. */
import { fork, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { builtModule } from "../built-module.js";
import { UsageError } from "../errors.js";
import type { StorageAnswer, StorageOrder } from "./storage-child.js";
import type { Measurement, SessionOptions } from "./storage-loads.js";
import type { Workload } from "./storage-workloads.js";

const CHILD = fileURLToPath(builtModule("bench/storage-child"));

/** One engine in a process of its own. */
export class StorageProcess {
  readonly #child: ChildProcess;
  readonly #onExit = (): void => void this.kill();
  #errors = "";
  #settle: ((answer: StorageAnswer) => void) | undefined;
  readonly #gone: Promise<void>;

  private constructor() {
    this.#child = fork(CHILD, { execArgv: [], stdio: ["ignore", "ignore", "pipe", "ipc"] });
    this.#child.stderr!.setEncoding("utf8").on("data", (text: string) => (this.#errors += text));
    this.#child.on("message", (answer: StorageAnswer) => this.#answered(answer));
    this.#gone = new Promise((resolve) => {
      this.#child.once("close", (code, signal) => {
        process.off("exit", this.#onExit);
        const text = `the process of the engine ended (${code ?? signal}): ${this.#errors.trim()}`;
        this.#answered({ kind: "failed", text, code: undefined });
        resolve();
      });
    });
    process.on("exit", this.#onExit);
  }

  /** `module`: see `loadStore`. */
  static async begin(module: string, options: SessionOptions): Promise<StorageProcess> {
    const started = new StorageProcess();
    try {
      await started.#ask({ kind: "begin", module, options });
      return started;
    } catch (error) {
      await started.kill();
      throw error;
    }
  }

  /** Throws `UsageError` where the directory is what does not do. */
  async run(workload: Workload): Promise<Measurement> {
    return (await this.#ask({ kind: "run", workload }))!;
  }

  /** Closes what is open, and ends the process. */
  async end(): Promise<void> {
    await this.#ask({ kind: "end" });
    await this.kill();
  }

  /** Whatever it is doing. A run that is under way rejects. */
  kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    return this.#gone;
  }

  async #ask(order: StorageOrder): Promise<Measurement | undefined> {
    const answer = await new Promise<StorageAnswer>((resolve) => {
      this.#settle = resolve;
      if (this.#child.connected) this.#child.send(order);
      else
        void this.#gone.then(() => this.#answered({ kind: "failed", text: this.#errors, code: undefined }));
    });
    if (answer.kind === "done") return answer.measurement;
    if (answer.code === undefined) throw new Error(answer.text);
    throw new UsageError("--dir", "a directory with room to write to", answer.code, "name another one");
  }

  #answered(answer: StorageAnswer): void {
    const settle = this.#settle;
    this.#settle = undefined;
    settle?.(answer);
  }
}
