/** Reads plain data from a file that others wrote, and says where it is not what it should be. */
import { SeedstormError } from "#engines/env/index.js";

/** A file of a report is missing, was cut off, or is something else. */
export class ReportNotRead extends SeedstormError {
  constructor(
    where: string,
    expected: string,
    found: string,
    todo = "give the directory that run --out wrote",
  ) {
    super("REPORT_NOT_READ", { expected, found, where, todo });
  }
}

const SHOWN_CHARS = 60;

/** A value somewhere in a document. Every method throws `ReportNotRead` where the value is another one. */
export class Field {
  readonly #value: unknown;
  /** The file. */
  readonly #file: string;
  /** As `coverage.marks`; empty for the whole document. */
  readonly #path: string;

  constructor(value: unknown, file: string, path = "") {
    this.#value = value;
    this.#file = file;
    this.#path = path;
  }

  isText(): boolean {
    return typeof this.#value === "string";
  }

  text(): string {
    if (typeof this.#value === "string") return this.#value;
    return this.fail("a text");
  }

  integer(min: number = Number.MIN_SAFE_INTEGER, max: number = Number.MAX_SAFE_INTEGER): number {
    const value = this.#value;
    if (Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max) {
      return value as number;
    }
    return this.fail(min === 0 ? "an integer from 0" : "an integer that fits");
  }

  count(): number {
    return this.integer(0);
  }

  flag(): boolean {
    if (typeof this.#value === "boolean") return this.#value;
    return this.fail("true or false");
  }

  oneOf<T extends string>(choices: readonly T[]): T {
    const found = choices.find((choice) => choice === this.#value);
    return found ?? this.fail(choices.length > 4 ? "a known name" : choices.join(" or "));
  }

  list(): Field[] {
    if (!Array.isArray(this.#value)) return this.fail("a list");
    return this.#value.map((item, i) => new Field(item, this.#file, `${this.#path}[${i}]`));
  }

  /** The fields of an object, by name. */
  entries(): [name: string, field: Field][] {
    return Object.entries(this.#object()).map(([name]) => [name, this.at(name)]);
  }

  /** A field of an object. */
  at(name: string): Field {
    const object = this.#object();
    const value = Object.hasOwn(object, name) ? object[name] : undefined;
    return new Field(value, this.#file, this.#path === "" ? name : `${this.#path}.${name}`);
  }

  /** The field of an object that may be missing. */
  optional(name: string): Field | undefined {
    return Object.hasOwn(this.#object(), name) ? this.at(name) : undefined;
  }

  /** Throws where `holds` is false. */
  check(holds: boolean, expected: string): void {
    if (!holds) this.fail(expected);
  }

  fail(expected: string): never {
    const where = this.#path === "" ? this.#file : `${this.#file}: ${this.#path}`;
    throw new ReportNotRead(where, expected, shown(this.#value));
  }

  #object(): Readonly<Record<string, unknown>> {
    const value = this.#value;
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      return value as Readonly<Record<string, unknown>>;
    }
    return this.fail("an object");
  }
}

function shown(value: unknown): string {
  if (value === undefined) return "nothing";
  const text = JSON.stringify(value);
  return text.length > SHOWN_CHARS ? `${text.slice(0, SHOWN_CHARS)}...` : text;
}
