import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { UsageError, errorLine } from "#runner/errors.js";
import { EdnName, EdnReader } from "#runner/histories/edn-reader.js";
import {
  checkHistoryFile,
  checkHistoryText,
  HistoryFormatError,
  type HistoryFormat,
  type HistoryModel,
} from "#runner/histories/index.js";

function verdictOf(text: string, model: HistoryModel, format: HistoryFormat): string {
  return checkHistoryText(text, "file", model, format).verdict.verdict;
}

/** The line of the error that the text gives. */
function complaint(text: string, model: HistoryModel, format: HistoryFormat): string {
  try {
    checkHistoryText(text, "file", model, format);
  } catch (error) {
    expect(error).toBeInstanceOf(HistoryFormatError);
    const line = errorLine(error as HistoryFormatError);
    expect((error as HistoryFormatError).code).toBe("HISTORY_FORMAT");
    expect(line).not.toContain("\n");
    return line;
  }
  return "no error";
}

describe("jepsen-etcd", () => {
  const log = (...lines: string[]): string => lines.map((each) => `INFO  jepsen.util - ${each}\n`).join("");

  it("reads padded lines, nil, pairs and time-outs; passes over other loggers and the nemesis", () => {
    const good = log(
      "0\t:invoke\t:write\t3",
      "0   :ok     :write  3   ",
      ":nemesis :info :start nil",
      "1\t:invoke\t:cas\t[3 4]",
      "1\t:info\t:cas\t:timed-out",
      "2\t:invoke\t:read\tnil",
      "2\t:ok\t:read\t4",
    );
    expect(verdictOf(`INFO  jepsen.core - Everything looks good\n${good}`, "register", "jepsen-etcd")).toBe(
      "linearizable",
    );
    const bad = good + log("2\t:invoke\t:read\tnil", "2\t:ok\t:read\t3");
    expect(verdictOf(bad, "register", "jepsen-etcd")).toBe("violation");
  });

  it("takes a failed cas for a mismatch, but not one that timed out", () => {
    const mismatch = (value: string): string =>
      log("0 :invoke :write 3", "0 :ok :write 3", "0 :invoke :cas [3 4]", `0 :fail :cas ${value}`);
    expect(verdictOf(mismatch("[3 4]"), "register", "jepsen-etcd")).toBe("violation");
    expect(verdictOf(mismatch(":timed-out"), "register", "jepsen-etcd")).toBe("linearizable");
  });

  it.each([
    [
      log("0 :invoke :write 3", "0 :done :write 3"),
      "file:2: expected :invoke, :ok, :fail or :info, found :done",
    ],
    [log("0 :invoke"), "file:1: expected PROCESS :TYPE :F VALUE"],
    [log("0 :invoke :cas 3x"), "file:1: expected nil, a number, [FROM TO] or a keyword, found 3x"],
    [log("0 :invoke :cas 3"), "file:1: expected [from to] of a cas, found 3"],
    [log("0 :invoke :pop nil"), "file:1: expected read, write or cas of a register, found pop"],
    [log("0 :ok :read 3"), "file:1: expected an invocation before its answer, found process 0"],
    [
      log("0 :invoke :read nil", "0 :invoke :read nil"),
      "file:2: expected an answer before the next invocation",
    ],
    [log("0 :invoke :read nil", "0 :ok :write 3"), "file:2: expected the answer of read, found write"],
  ])("names the line of what is wrong: %j", (text, line) => {
    expect(complaint(text, "register", "jepsen-etcd")).toContain(line);
  });
});

describe("edn", () => {
  it("reads every kind of form", () => {
    const text =
      '; note\n[nil true -12 3.5 "a\\"\\n\\u0041" \\a \\newline :k sym 12N 99999999999999999999 #{1} #_ gone (1, 2) #t/x {:a 1}]';
    const [first, ...rest] = new EdnReader(text, "file").next() as unknown[];
    expect(first).toBeNull();
    expect(rest.slice(0, 6)).toEqual([true, -12, 3.5, 'a"\nA', "a", "\n"]);
    expect(rest.slice(6, 12)).toEqual([
      new EdnName(":k"),
      new EdnName("sym"),
      12,
      "99999999999999999999",
      [1],
      [1, 2],
    ]);
    expect(rest[12]).toMatchObject({ entries: new Map([[":a", 1]]) });
  });

  const operation = (body: string, answer: string): string =>
    `{:process 0, :type :invoke, ${body}}\n{:process 0, :type :ok, ${answer}}\n`;

  it("reads a register, one map behind the other or in a vector", () => {
    const maps =
      operation(":f :write, :value 1", ":f :write, :value 1") + operation(":f :read", ":f :read, :value 1");
    expect(verdictOf(maps, "register", "edn")).toBe("linearizable");
    expect(verdictOf(`[${maps}]`, "register", "edn")).toBe("linearizable");
    expect(verdictOf(maps + operation(":f :read", ":f :read, :value nil"), "register", "edn")).toBe(
      "violation",
    );
  });

  it("passes over the nemesis, tags and fields that it does not know", () => {
    const text = `{:type :info, :process :nemesis, :f :kill, :value {:n1 :killed}}
      #jepsen.history.Op{:index 0, :time 12, :process 0, :type :invoke, :f :read, :value nil}
      #jepsen.history.Op{:index 1, :time 13, :process 0, :type :ok, :f :read, :value nil}`;
    expect(verdictOf(text, "register", "edn")).toBe("linearizable");
  });

  it("reads keys from :key or from the value", () => {
    const apart = operation(':f :put, :key "x", :value 1', ':f :put, :key "x", :value 1');
    const inside = operation(":f :read, :value [x nil]", ":f :read, :value [x 2]");
    expect(verdictOf(apart + inside, "kv", "edn")).toBe("violation");
    expect(verdictOf(apart + inside.replaceAll("2]", "1]"), "kv", "edn")).toBe("linearizable");
  });

  it("takes a cas that failed for a mismatch, unless its error is another", () => {
    const failed = (error: string): string =>
      `${operation(":f :write, :value 3", ":f :write")}{:process 0, :type :invoke, :f :cas, :value [3 4]}
       {:process 0, :type :fail, :f :cas, :value [3 4]${error}}`;
    expect(verdictOf(failed(""), "register", "edn")).toBe("violation");
    expect(verdictOf(failed(', :error [:did-not-succeed "x"]'), "register", "edn")).toBe("violation");
    expect(verdictOf(failed(", :error :no-leader"), "register", "edn")).toBe("linearizable");
  });

  it.each([
    ["{:process 0, :type :invoke, :f :read", "file:1: expected }, found the end of the file"],
    ["\n{:process 0, :type :invoke, :f}", "file:2: expected a value for each key of a map"],
    ["\n\n12", "file:3: expected a map, found 12"],
    ['{:process "a"}', 'file:1: expected :process with a number or a keyword, found "a"'],
    ["{:process 0, :type :maybe}", "file:1: expected :type with :invoke, :ok, :fail or :info, found :maybe"],
    ["{:process 0, :type :ok}", "file:1: expected :f with a keyword, found none"],
    ['{:process 0, :type :invoke, :f :write, :value "ab', "file:1: expected a closing quote"],
    [
      operation(":f :write, :value {:a 1}", ":f :write"),
      'file:1: expected a value of nil, a number or a string, found {":a":1}',
    ],
    [operation(":f :read", ":f :read"), "file:2: expected a value of nil, a number or a string, found none"],
  ])("names the line of what is wrong: %j", (text, line) => {
    expect(complaint(text, "register", "edn")).toContain(line);
  });
});

describe("jsonl", () => {
  const lines = (...objects: object[]): string => objects.map((each) => JSON.stringify(each)).join("\n");
  const invoke = { process: 1, type: "invoke", key: "x" };
  const ok = { process: 1, type: "ok", key: "x" };

  it("reads every operation of a store", () => {
    const text = lines(
      { ...invoke, f: "put", value: 1 },
      { ...ok, f: "put" },
      { ...invoke, f: "cas", value: [1, "a"] },
      { ...ok, f: "cas", value: true },
      { ...invoke, f: "cas", value: [1, "b"] },
      { ...ok, f: "cas", value: false },
      { ...invoke, f: "append", value: "c" },
      { process: 1, type: "info", f: "append", error: "timeout" },
      { ...invoke, process: 2, f: "delete" },
      { ...ok, process: 2, f: "delete", value: true },
      { ...invoke, process: 2, f: "get" },
      { ...ok, process: 2, f: "get", value: "c" },
    );
    expect(verdictOf(`${text}\n\n`, "kv", "jsonl")).toBe("linearizable");
    expect(verdictOf(text.replace(/"c"}$/, '"ac"}'), "kv", "jsonl")).toBe("violation");
  });

  it.each([
    ["{", "file:1: expected an object of JSON, found {"],
    ["[1]", "file:1: expected an object of JSON, found [1]"],
    [lines({ ...invoke, process: "p" }), "file:1: expected an integer process, found p"],
    [lines({ ...invoke, type: "end" }), "file:1: expected a type of invoke, ok, fail or info, found end"],
    [lines(invoke), "file:1: expected a name in f, found none"],
    [lines({ ...invoke, f: "get", key: [1] }), "file:1: expected a string or a number in key, found [1]"],
    [`\n${lines({ ...invoke, f: "append", value: 1 })}`, "file:2: expected a string to append, found 1"],
    [lines({ process: 1, type: "invoke", f: "get" }), "file:1: expected a key, or a value of [key value]"],
    [
      lines({ ...invoke, f: "get" }, { ...ok, f: "get", key: "y", value: 1 }),
      "file:2: expected the answer for key x",
    ],
    [
      lines({ ...invoke, f: "get" }, { ...ok, f: "get" }),
      "file:2: expected a value of nil, a number or a string",
    ],
  ])("names the line of what is wrong: %j", (text, line) => {
    expect(complaint(text, "kv", "jsonl")).toContain(line);
  });
});

describe("a file", () => {
  it("that can't be read, or never holds such a model, is wrong usage", () => {
    expect(() => checkHistoryFile("no/such/file", "kv", "edn")).toThrow(UsageError);
    expect(() => checkHistoryFile("no/such/file", "kv", "edn")).toThrow(/ENOENT/);
    expect(() => checkHistoryText("", "file", "kv", "jepsen-etcd")).toThrow(UsageError);
    expect(() => checkHistoryText("", "file", "register", "porcupine-kv")).toThrow(UsageError);
  });

  it.each([
    ["", "jsonl"],
    ["\n \n\n", "edn"],
    ["[]", "edn"],
    ["{:process :nemesis, :type :info, :f :kill}", "edn"],
    ['{"process": 0, "type": "invoke", "f": "read"}', "jepsen-etcd"],
  ] as const)("without operations proves nothing: %j as %s", (text, format) => {
    expect(() => checkHistoryText(text, "file", "register", format)).toThrow(UsageError);
    expect(() => checkHistoryText(text, "file", "register", format)).toThrow(/no operations/);
  });

  const DEEP = 200_000;
  it.each(["[", "(", "{", "#{", "#_ ", "#tag "])("of forms in forms is refused: %j", (opening) => {
    const line = complaint(opening.repeat(DEEP), "register", "edn");
    expect(line).toMatch(/^file:1: expected forms nested at most 1000 deep/);
  });

  it("nests as deep as is allowed", () => {
    const event = "{:process 0 :type :invoke :f :read}";
    expect(verdictOf("[".repeat(999) + event + "]".repeat(999), "register", "edn")).toBe("linearizable");
    expect(complaint("[".repeat(1_000) + event, "register", "edn")).toContain("nested");
    // What is closed again counts no more.
    expect(verdictOf("[[]] #_ #t [1] ".repeat(1_000) + event, "register", "edn")).toBe("linearizable");
  });

  it("of values in values is refused as the value that it is", () => {
    const value = "[".repeat(DEEP) + "]".repeat(DEEP);
    const text = `{"process": 0, "type": "invoke", "f": "write", "value": ${value}}`;
    expect(complaint(text, "register", "jsonl")).toContain('found [[[["..."]]]]');
  });

  it("is checked from the disk, within a budget", () => {
    const folder = mkdtempSync(join(tmpdir(), "histories-"));
    try {
      const path = join(folder, "history.edn");
      const event = (type: string): string => `{:process 0 :type ${type} :f :append :key 1 :value "a"}\n`;
      writeFileSync(path, event(":invoke") + event(":ok"));
      expect(checkHistoryFile(path, "kv", "edn")).toMatchObject({
        operations: 1,
        verdict: { verdict: "linearizable" },
        lines: [expect.stringMatching(/^linearizable: 1 operation, \d+ steps of the model$/)],
      });
      expect(checkHistoryFile(path, "kv", "edn", { stepBudget: 0 })).toMatchObject({
        verdict: { verdict: "undecided", keys: ["1"] },
        lines: [expect.stringMatching(/^undecided/), 'the step budget ran out on keys ["1"]'],
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
