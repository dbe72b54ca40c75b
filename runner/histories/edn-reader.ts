/**
 * A reader of EDN (https://github.com/edn-format/edn), as far as recorded histories use it: nil, booleans,
 * numbers, strings, characters, keywords, symbols, lists, vectors, maps, sets, tags (which are dropped),
 * comments and `#_`.
 */
import { HistoryFormatError } from "./event.js";

/** A keyword, with its colon, or a symbol. */
export class EdnName {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** By key, in its text: `:f`, `"a string"`, `12`. */
export class EdnMap {
  readonly line: number;
  readonly entries: Map<string, Edn> = new Map();

  constructor(line: number) {
    this.line = line;
  }
}

/** Integers beyond 2^53 are kept as their text: they still compare as they should. */
export type Edn = null | boolean | number | string | EdnName | EdnMap | readonly Edn[];

export function ednText(value: Edn): string {
  if (value instanceof EdnName) return value.text;
  if (value instanceof EdnMap) return "{...}";
  if (Array.isArray(value)) return `[${value.map(ednText).join(" ")}]`;
  return JSON.stringify(value);
}

const TOKEN = /[^\s,()[\]{}";]+/y;
const NUMBER = /^[+-]?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?[NM]?$/;
const CLOSING: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}" };
const ESCAPES: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", b: "\b", f: "\f" };
const CHARACTERS: Readonly<Record<string, string>> = {
  newline: "\n",
  space: " ",
  tab: "\t",
  return: "\r",
};

/** Each form within another takes a part of the stack. No history needs as many. */
const MAX_DEPTH = 1_000;

export class EdnReader {
  readonly #text: string;
  readonly #file: string;
  #at = 0;
  #line = 1;
  #depth = 0;

  constructor(text: string, file: string) {
    this.#text = text;
    this.#file = file;
  }

  /** The line that comes next. */
  get line(): number {
    return this.#line;
  }

  /** The next form; undefined at the end of the text. */
  next(): Edn | undefined {
    this.#skipBlank();
    return this.#at === this.#text.length ? undefined : this.#form();
  }

  #fail(expected: string, found: string): never {
    throw new HistoryFormatError(this.#file, this.#line, expected, found);
  }

  /** Skips white space, commas, comments and forms that `#_` takes out. */
  #skipBlank(): void {
    const text = this.#text;
    for (;;) {
      const sign = text[this.#at];
      if (sign === "\n") {
        this.#line++;
        this.#at++;
      } else if (sign === ";") {
        const end = text.indexOf("\n", this.#at);
        this.#at = end === -1 ? text.length : end;
      } else if (sign === "#" && text[this.#at + 1] === "_") {
        this.#at += 2;
        this.#required();
      } else if (sign === " " || sign === "," || sign === "\t" || sign === "\r" || sign === "\f") {
        this.#at++;
      } else {
        return;
      }
    }
  }

  /** The form that `#_` or a tag is followed by. */
  #required(): Edn {
    this.#descend();
    const form = this.next();
    this.#depth--;
    return form === undefined ? this.#fail("a form", "the end of the file") : form;
  }

  #descend(): void {
    this.#depth++;
    if (this.#depth > MAX_DEPTH) this.#fail(`forms nested at most ${MAX_DEPTH} deep`, "deeper ones");
  }

  #form(): Edn {
    const sign = this.#text[this.#at]!;
    switch (sign) {
      case '"':
        return this.#string();
      case "[":
      case "(":
        this.#at++;
        return this.#until(CLOSING[sign]!);
      case "{":
        this.#at++;
        return this.#map();
      case "#":
        return this.#dispatch();
      case "\\":
        return this.#character();
      case ")":
      case "]":
      case "}":
        return this.#fail("a form", sign);
      default:
        return this.#atom(this.#token());
    }
  }

  #until(closing: string): Edn[] {
    this.#descend();
    const forms: Edn[] = [];
    for (;;) {
      this.#skipBlank();
      const sign = this.#text[this.#at];
      if (sign === undefined) this.#fail(closing, "the end of the file");
      if (sign === closing) {
        this.#at++;
        this.#depth--;
        return forms;
      }
      forms.push(this.#form());
    }
  }

  #map(): EdnMap {
    const map = new EdnMap(this.#line);
    const forms = this.#until("}");
    if (forms.length % 2 !== 0) this.#fail("a value for each key of a map", "a key without one");
    for (let i = 0; i < forms.length; i += 2) map.entries.set(ednText(forms[i]!), forms[i + 1]!);
    return map;
  }

  /** A set, or a tagged form, of which only the form matters here. */
  #dispatch(): Edn {
    this.#at++;
    if (this.#text[this.#at] === "{") {
      this.#at++;
      return this.#until("}");
    }
    this.#token();
    return this.#required();
  }

  #string(): string {
    const text = this.#text;
    const start = this.#line;
    let value = "";
    let from = ++this.#at;
    for (; ; this.#at++) {
      const sign = text[this.#at];
      if (sign === undefined) {
        throw new HistoryFormatError(this.#file, start, "a closing quote", "the end of the file");
      }
      if (sign === "\n") this.#line++;
      if (sign === '"') return value + text.slice(from, this.#at++);
      if (sign !== "\\") continue;
      value += text.slice(from, this.#at++) + this.#escape();
      from = this.#at + 1;
    }
  }

  #escape(): string {
    const sign = this.#text[this.#at] ?? this.#fail("an escape", "the end of the file");
    if (sign !== "u") return ESCAPES[sign] ?? sign;
    const digits = this.#text.slice(this.#at + 1, this.#at + 5);
    if (!/^[\da-fA-F]{4}$/.test(digits)) this.#fail("four hexadecimal digits after \\u", digits);
    this.#at += 4;
    return String.fromCharCode(Number.parseInt(digits, 16));
  }

  #character(): string {
    this.#at++;
    const rest = this.#text[this.#at] ?? this.#fail("a character", "the end of the file");
    TOKEN.lastIndex = this.#at;
    const token = TOKEN.exec(this.#text)?.[0] ?? rest;
    this.#at += token.length;
    return CHARACTERS[token] ?? token;
  }

  #token(): string {
    TOKEN.lastIndex = this.#at;
    const token = TOKEN.exec(this.#text)?.[0] ?? this.#fail("a form", JSON.stringify(this.#text[this.#at]));
    this.#at += token.length;
    return token;
  }

  #atom(token: string): Edn {
    if (token === "nil") return null;
    if (token === "true" || token === "false") return token === "true";
    if (!NUMBER.test(token)) return new EdnName(token);
    const digits = token.replace(/[NM]$/, "");
    const number = Number(digits);
    return Number.isInteger(number) && !Number.isSafeInteger(number) ? digits : number;
  }
}
