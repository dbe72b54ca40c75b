// What a client may say of a command: done, certainly never done, or nobody knows. A table of what servers do.
import { describe, expect, test } from "vitest";
import { SeedstormError } from "#engines/env/index.js";
import type { RaftError, RaftErrorCode } from "#engines/raft/errors.js";
import { RaftClient } from "#engines/raft/service/index.js";
import { RpcClient } from "#engines/rpc/index.js";
import { boot, forever, inWorld } from "../../rpc/support.js";
import { FakeLog, isOpening, refused, serve, textOf, utf8, type Behaviour } from "./support.js";

const PATIENCE = { timeoutUs: 400_000 };
const PACE = { attemptTimeoutUs: 50_000, backoffMinUs: 2_000, backoffMaxUs: 20_000 };

const refuse =
  (code: RaftErrorCode): Behaviour =>
  () =>
    Promise.reject(refused(code));
const silent: Behaviour = () => forever();
const unsure: Behaviour = () => Promise.reject(refused("RAFT_UNKNOWN", { outcome: "unknown" }));
const broken: Behaviour = () =>
  Promise.reject(new SeedstormError("TOY", { expected: "", found: "", where: "", todo: "" }));

interface Ended {
  /** The result, or `CODE outcome`. */
  readonly end: string;
  readonly applied: readonly string[];
  /** How a second command of the same client ends, on servers that are well again, and what it proposed. */
  readonly next: string;
  readonly nextProposals: number;
}

/** What becomes of one command where attempt i meets script i, the last one again and again. */
async function endOf(script: (log: FakeLog) => readonly Behaviour[], maxSessions = 100): Promise<Ended> {
  const log = new FakeLog(maxSessions);
  const behaviours = script(log);
  let attempts = 0;
  let nextProposals = 0;
  let isWell = false;
  let ended!: Ended;
  await inWorld(async (world) => {
    for (const name of ["s1", "s2", "s3"]) {
      serve(await boot(world, name), {
        propose: async (command) => {
          if (isWell) nextProposals++;
          if (isWell || isOpening(command)) return log.commit(command);
          return behaviours[Math.min(attempts++, behaviours.length - 1)]!(command, name);
        },
      });
    }
    const rpc = new RpcClient(await boot(world, "c"));
    const client = new RaftClient(rpc, { servers: ["s1", "s2", "s3"], ...PACE });
    const before = world.nowUs;
    const end = await client.execute(utf8("a"), PATIENCE).then(textOf, describeError);
    expect(world.nowUs - before).toBeLessThanOrEqual(PATIENCE.timeoutUs);
    isWell = true;
    const next = await client.execute(utf8("b"), PATIENCE).then(textOf, describeError);
    await world.sleep(1_000_000);
    expect(rpc.openCalls).toBe(0);
    ended = { end, applied: log.applied, next, nextProposals };
  });
  return ended;
}

const describeError = (error: unknown): string =>
  `${(error as RaftError).code} ${(error as RaftError).outcome}`;

describe("where every attempt was refused before anything was done", () => {
  const codes: RaftErrorCode[] = [
    "RAFT_NOT_LEADER",
    "RAFT_BUSY",
    "RAFT_CHANGE_IN_PROGRESS",
    "RAFT_STOPPED",
    "RAFT_LOG_LOST",
  ];
  test.each(codes)("by %s, the outcome is failed once the time is over", async (code) => {
    const { end, applied, next } = await endOf(() => [refuse(code)]);
    expect([end, applied, next]).toEqual(["RAFT_UNAVAILABLE failed", ["b"], "1:b"]);
  });

  test.each(codes)("by %s, and a later one is accepted, the command is done", async (code) => {
    const { end, applied } = await endOf((log) => [
      refuse(code),
      refuse(code),
      async (command) => log.commit(command),
    ]);
    expect([end, applied]).toEqual(["1:a", ["a", "b"]]);
  });

  test.each(["RAFT_BAD_ARGUMENT", "RAFT_BAD_FORMAT"] as const)(
    "by %s, it is failed at once",
    async (code) => {
      const { end, applied } = await endOf(() => [refuse("RAFT_BUSY"), refuse(code)]);
      expect([end, applied]).toEqual([`${code} failed`, ["b"]]);
    },
  );

  test("an expired session is replaced by another, and the command done in that", async () => {
    const { end, applied, next } = await endOf(
      (log) => [
        refuse("RAFT_STOPPED"),
        async (command) => {
          // Somebody else's takes the only place.
          log.commit(Uint8Array.of(1));
          return log.commit(command);
        },
        async (command) => log.commit(command),
      ],
      1,
    );
    expect([end, applied, next]).toEqual(["1:a", ["a", "b"], "2:b"]);
  });
});

describe("where an attempt is left of which nobody knows", () => {
  const doubts: [string, Behaviour][] = [
    ["was not answered", silent],
    ["ended as unknown", unsure],
    ["broke off", broken],
  ];
  const refusals = [
    "RAFT_NOT_LEADER",
    "RAFT_BUSY",
    "RAFT_STOPPED",
    "RAFT_BAD_ARGUMENT",
    "RAFT_BAD_FORMAT",
    "RAFT_SESSION_EXPIRED",
  ] as const;

  test.each(doubts.flatMap(([name, doubt]) => refusals.map((code) => [name, code, doubt] as const)))(
    "since it %s, %s of a later one does not speak for it: unknown",
    async (_name, code, doubt) => {
      const { end } = await endOf(() => [refuse("RAFT_NOT_LEADER"), doubt, refuse(code)]);
      expect(end).toBe("RAFT_UNKNOWN unknown");
    },
  );

  test.each(doubts)("since it %s, the result of a later one is the command's", async (_name, doubt) => {
    const applying: Behaviour = async (command) => {
      logs.at(-1)!.commit(command);
      return doubt(command, "");
    };
    const logs: FakeLog[] = [];
    const { end, applied } = await endOf((log) => {
      logs.push(log);
      return [applying, applying, async (command) => log.commit(command)];
    });
    expect([end, applied]).toEqual(["1:a", ["a", "b"]]);
  });

  test("an expired session leaves it unknown, and the next command gets another session", async () => {
    const { end, applied, next, nextProposals } = await endOf(
      (log) => [
        async (command) => {
          log.commit(command);
          log.commit(Uint8Array.of(1));
          return forever();
        },
        async (command) => log.commit(command),
      ],
      1,
    );
    expect([end, applied, next]).toEqual(["RAFT_UNKNOWN unknown", ["a", "b"], "2:b"]);
    expect(nextProposals).toBe(2);
  });

  test("it may be done later, but not after the next command was", async () => {
    const late: Uint8Array[] = [];
    const logs: FakeLog[] = [];
    const { end, applied, next } = await endOf((log) => {
      logs.push(log);
      return [
        (command) => {
          late.push(command);
          return forever();
        },
      ];
    });
    expect([end, next]).toEqual(["RAFT_UNKNOWN unknown", "1:b"]);
    expect(late.length).toBeGreaterThan(1);
    for (const command of late) logs[0]!.commit(command);
    expect(applied).toEqual(["b"]);
  });

  test("and the session has gone on to a later command, it stays unknown", async () => {
    const { end } = await endOf((log) => [
      async (command) => {
        // Another command of the same session, as only a broken client would send one.
        const later = command.slice();
        later[2]!++;
        log.commit(later);
        return log.commit(command);
      },
    ]);
    expect(end).toBe("RAFT_UNKNOWN unknown");
  });
});

describe("where no server is there", () => {
  test("from the start, the outcome is failed", () =>
    inWorld(async (world) => {
      const rpc = new RpcClient(await boot(world, "c"));
      const client = new RaftClient(rpc, { servers: ["s1", "s2"], ...PACE });
      const failed = { code: "RAFT_UNAVAILABLE", outcome: "failed" };
      await expect(client.execute(utf8("a"), PATIENCE)).rejects.toMatchObject(failed);
      await expect(client.open(PATIENCE)).rejects.toMatchObject(failed);
      await expect(client.query(utf8("q"), "stale", PATIENCE)).rejects.toMatchObject(failed);
      await expect(client.transferLeadership("s2", PATIENCE)).rejects.toMatchObject(failed);
      await expect(client.execute(utf8("a"), { timeoutUs: 0 })).rejects.toMatchObject(failed);
    }));

  test("to open a session with, what became of that does not matter to the command: failed", () =>
    inWorld(async (world) => {
      const rpc = new RpcClient(await boot(world, "c"));
      serve(await boot(world, "s1"), { propose: () => forever() });
      const client = new RaftClient(rpc, { servers: ["s1"], ...PACE });
      const failed = { code: "RAFT_UNAVAILABLE", outcome: "failed" };
      await expect(client.execute(utf8("a"), PATIENCE)).rejects.toMatchObject(failed);
    }));
});
