/** Copies of the built code, one for each mutant. */
import {
  linkSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  cpSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { applyEdit, locate, type Edit } from "./edit.js";
import { MutantError } from "./errors.js";
import type { TextEdit } from "./mutant.js";

/**
 * Lies below node_modules/, so that imports of packages resolve; package.json comes along for those that begin
 * with `#`. The unmutated code is a real copy, taken once: a build that runs meanwhile writes into the files of
 * dist/ in place, and so into whatever is linked to them. The mutants are hard links of that copy.
 */
export class Workshop {
  /** Root of the unmutated copy. */
  readonly cleanRoot: string;
  readonly #folder: string;

  /** `projectRoot` holds package.json, node_modules/ and dist/. Throws `MutantError` where it is not built. */
  constructor(projectRoot: string) {
    this.#folder = join(projectRoot, "node_modules/.cache/seedstorm-mutants", String(process.pid));
    this.cleanRoot = join(this.#folder, "clean");
    rmSync(this.#folder, { recursive: true, force: true });
    mkdirSync(this.cleanRoot, { recursive: true });
    try {
      for (const name of ["package.json", "dist"]) {
        cpSync(join(projectRoot, name), join(this.cleanRoot, name), { recursive: true });
      }
    } catch (error) {
      this.dispose();
      throw new MutantError(projectRoot, "the built code in dist/", String(error), "build it first");
    }
  }

  /** The unmutated text of a file below dist/. Throws `MutantError` where there is none. */
  read(mutantId: string, file: string): string {
    try {
      return readFileSync(join(this.cleanRoot, "dist", file), "utf8");
    } catch {
      throw new MutantError(
        `mutant ${mutantId}`,
        `a file dist/${file}`,
        "none",
        "adapt the mutant or build first",
      );
    }
  }

  /** Plants the texts of a mutant and returns the root of its copy. Throws `MutantError`. */
  plantTexts(mutantId: string, edits: readonly TextEdit[]): string {
    const located = edits.map((edit) => locate(mutantId, edit, this.read(mutantId, edit.file)));
    return this.plant(mutantId, located);
  }

  /** Makes a copy with these edits, whose places are those in the unmutated code, and returns its root. */
  plant(mutantId: string, edits: readonly Edit[]): string {
    const root = join(this.#folder, mutantId.replaceAll(/[^A-Za-z0-9.-]/g, "_"));
    rmSync(root, { recursive: true, force: true });
    linkTree(this.cleanRoot, root);
    // From the end of each file to its start, so that the places still to come stay where they are.
    for (const edit of edits.toSorted((a, b) => b.start - a.start)) {
      const path = join(root, "dist", edit.file);
      const text = applyEdit(readFileSync(path, "utf8"), edit);
      // Unlinked first: the file itself is shared with the clean copy.
      unlinkSync(path);
      writeFileSync(path, text);
    }
    return root;
  }

  /** Removes the copy that `plant` made. */
  remove(root: string): void {
    rmSync(root, { recursive: true, force: true });
  }

  /** Removes all copies. */
  dispose(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function linkTree(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const entry of readdirSync(from, { recursive: true, withFileTypes: true })) {
    const source = join(entry.parentPath, entry.name);
    const target = join(to, source.slice(from.length));
    if (entry.isDirectory()) mkdirSync(target, { recursive: true });
    else if (entry.name.endsWith(".d.ts")) continue;
    else {
      mkdirSync(dirname(target), { recursive: true });
      linkSync(source, target);
    }
  }
}
