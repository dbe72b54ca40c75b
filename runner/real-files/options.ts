/** The command line of `runner/real-files/main.js`. */
import { parseArgs } from "node:util";
import { UsageError } from "../errors.js";
import { parseInteger } from "../input/integer.js";
import { suggest } from "../input/nearest.js";
import { STORE_NAMES, type StoreName } from "../stores/index.js";

export const USAGE = `node dist/runner/real-files/main.js [options]

  Kills a process with SIGKILL while it writes to a log or a store on real files, again and again, and looks for
  what is lost. Then gives the disk operations of some such processes to a simulated platter, and recovers from every
  image that a power loss could have left there.

  --engine NAME  wal: the log; lsm, btree: a storage engine (wal)
  --rounds N     kills (200)
  --recorded N   recorded runs for the images, of two processes each (3)
  --images N     images at each point of them; more are sampled (200)
  --seed N       of the workload and of the moments (1)
  --dir DIR      where to put the files (the system's temporary directory)
  --help         this text`;

const ENGINES = ["wal", ...STORE_NAMES] as const;

export interface RealFilesOptions {
  readonly help: boolean;
  readonly engine: "wal" | StoreName;
  readonly rounds: number;
  readonly recorded: number;
  readonly images: number;
  readonly seed: number;
  readonly dir: string | undefined;
}

const DEFAULTS = { rounds: 200, recorded: 3, images: 200, seed: 1 };
const LARGEST = 1_000_000;

/** Throws `UsageError`. */
export function parseOptions(args: readonly string[]): RealFilesOptions {
  const { values } = parse(args);
  const integer = (name: keyof typeof DEFAULTS, min: number): number => {
    const given = values[name];
    return given === undefined ? DEFAULTS[name] : parseInteger(`--${name}`, given, min, LARGEST);
  };
  return {
    help: values.help ?? false,
    engine: engineOf(values.engine ?? "wal"),
    rounds: integer("rounds", 0),
    recorded: integer("recorded", 0),
    images: integer("images", 1),
    seed: integer("seed", 0),
    dir: values.dir,
  };
}

function engineOf(given: string): RealFilesOptions["engine"] {
  const engine = ENGINES.find((name) => name === given);
  if (engine !== undefined) return engine;
  throw new UsageError("--engine", `one of ${ENGINES.join(", ")}`, given, suggest(given, ENGINES));
}

function parse(args: readonly string[]): {
  readonly values: Partial<Record<Name, string>> & { help?: boolean };
} {
  const text = { type: "string" } as const;
  try {
    return parseArgs({
      args: [...args],
      options: {
        engine: text,
        rounds: text,
        recorded: text,
        images: text,
        seed: text,
        dir: text,
        help: { type: "boolean" },
      },
    });
  } catch (error) {
    throw new UsageError("real-files", "its options", (error as Error).message, "see --help");
  }
}

type Name = keyof typeof DEFAULTS | "engine" | "dir";
