/**
 * What the servers of one test have applied, all of it, for good: once any server has applied a command at a
 * place, every server applies the same there, before and after crashes. The course forgets what a server applied
 * when it restarts; here nothing is forgotten, so a commit that is lost by all servers at once is seen too.
 *
 * Places are those of the course: its Raft writes no no-op when a term begins, so its log holds commands only.
 * The place of a command is its number among the commands of the log, from 1. Beside it, the index that our log
 * gave the command has to agree as well: so a server that skips a command can't pass for one that did not.
 */
import type { LogIndex } from "#engines/raft/types.js";
import { LabFailure } from "./failure.js";

export interface AppliedCommand {
  /** In our log, which has no-ops in between. */
  readonly index: LogIndex;
  readonly command: string;
}

export class CommittedLog {
  /** The command at place p is at p - 1. */
  readonly #commands: AppliedCommand[] = [];

  /** Highest place that any server has applied; 0 for none. */
  get length(): number {
    return this.#commands.length;
  }

  /** The command at this place, undefined where no server has applied one. */
  at(place: number): string | undefined {
    return this.#commands[place - 1]?.command;
  }

  /** `server` applies this command at this place. Throws `LabFailure` where it must not. */
  apply(server: number, place: number, applied: AppliedCommand): void {
    const known = this.#commands[place - 1];
    if (known === undefined) {
      const last = this.#commands.at(-1);
      if (place !== this.length + 1 || applied.index <= (last?.index ?? 0)) {
        throw new LabFailure(
          `server ${server} applies ${show(applied)} out of order at ${place}, after ${show(last)} at ${this.length}`,
        );
      }
      this.#commands.push(applied);
    } else if (known.command !== applied.command || known.index !== applied.index) {
      throw new LabFailure(
        `commit index ${place}: server ${server} applies ${show(applied)}, but ${show(known)} was committed`,
      );
    }
  }
}

function show(applied: AppliedCommand | undefined): string {
  if (applied === undefined) return "nothing";
  const { command, index } = applied;
  return `${command.length > 40 ? `${command.slice(0, 40)}...` : command} (index ${index})`;
}
