/** What a session says, to the letter. */
import { expect, test } from "vitest";
import { loadScenario } from "#runner/load-scenario.js";
import { Session } from "#runner/travel/session.js";
import { carelessLog, subjectFor, transcript } from "./support.js";

test("through a failing run, forward and back", async () => {
  const session = new Session(await carelessLog(0));
  const text = await transcript(session, [
    "s",
    "n 2",
    "break power-loss",
    "c",
    "faults",
    "nodes",
    "disk n1",
    "b",
    "disk n1 log",
    "ops",
    "c",
    "w",
    "r power-loss",
    "g 100us",
    "g end",
  ]);
  expect(text).toMatchInlineSnapshot(`
    "> s
       0.000000s  1        -         world/start
    > n 2
       0.000000s  2        n1#1      process/boot                        <- 1
       0.000004s  3        n1#1      disk/open                        3  <- 2
    > break power-loss
    break 1: power-loss
    > c
    at power-loss
       0.002018s  37       n1#1      process/strike                      <- 35
       0.002018s           n1#1        process/struck                    power-loss@n1:1.0.0
       0.002018s           n1#1        disk/fingerprint                  n1 1207c172b3331a
                  fault power-loss@n1:1.0.0  call 66
    > faults
       0.002018s  37       power-loss@n1:1.0.0                   changed   call 66
    > nodes
    n1#1          down
    > disk n1
    n1 disk  1 file, 0 directories, 0 metadata operations not durable
      log                                   120 B
    > b
       0.001972s  28       n1#1      disk/sync                       88  <- 27
    > disk n1 log
    n1 disk  1 file, 0 directories, 2 metadata operations not durable
      log                                   120 B (durable: 104 B); pages dirty: 0
        4 bytes of 107..119 differ
          cache    0e 00 00 00 0e 00 00 00 0f 00 00 00 0f
          platter  00 00 00 00 00 00 00 00 00 00 00 00 00
    > ops
    no operation is open
    > c
    at power-loss
       0.002018s  37       n1#1      process/strike                      <- 35
       0.002018s           n1#1        process/struck                    power-loss@n1:1.0.0
       0.002018s           n1#1        disk/fingerprint                  n1 1207c172b3331a
                  fault power-loss@n1:1.0.0  call 66
    > w
    event 37 at 0.002018s on n1#1: process/strike (34 events so far)
      because of  0.001925s  35       n1#1      clock/sleep                         <- 33
                  0.001825s  33       n1#1      clock/sleep                         <- 31
                  0.001725s  31       n1#1      clock/sleep                         <- 29
                  0.001625s  29       n1#1      clock/sleep                         <- 27
                  0.001525s  27       n1#1      clock/sleep                         <- 25
                  0.001425s  25       n1#1      clock/sleep                         <- 23
                  0.001325s  23       n1#1      clock/sleep                         <- 21
                  0.001225s  21       n1#1      clock/sleep                         <- 19
      it did      process/struck  power-loss@n1:1.0.0
                  disk/fingerprint  n1 1207c172b3331a
                  fault power-loss@n1:1.0.0  call 66
    > r power-loss
    nothing matches power-loss before this
    > g 100us
       0.000056s  5        n1#1      disk/read                           <- 4
       0.000056s           n1#1        disk/truncate                     log to 0
    > g end
       0.002421s  45       n1#2      disk/sync                      104  <- 43
       0.002421s           n1#2        disk/write                     8  log [104, +8)
                  client asks: append record 16
                  FAIL careless-log/acknowledged-lost: the log ends at LSN 13, but promised to keep everything up to 15
                  FAIL careless-log/lsn-reused: LSN 14 was given to record 15 of client 0, but record 13 of client 0 has it
    the end of the run
    FAIL  careless-log/acknowledged-lost  at 0.002421s on n1, event 45
      the log ends at LSN 13, but promised to keep everything up to 15
    FAIL  careless-log/lsn-reused  at 0.002421s on n1, event 45
      LSN 14 was given to record 15 of client 0, but record 13 of client 0 has it
    seed 0  failed  trace 6e08eb8cb98232d9, 40 events, 0.002421s  seedstorm replay careless-log --seed 0
    "
  `);
  expect(session.exitCode).toBe(1);
  await session.close();
});

test("what can't be done is said in one line, and the session goes on", async () => {
  const session = new Session(await carelessLog(0));
  const text = await transcript(session, [
    "stpe",
    "s 1 2",
    "s 2",
    "s n2",
    "state n9",
    "state n1 foo",
    "disk n1 lgo",
    "g 9s",
    "g 999",
    "g now and then",
    "c disk/snyc",
    "c n2:fault",
    "br n2.term",
    "br 1.5parsecs",
    "br",
    "d 7",
    "d 1",
    "b 9",
    "b",
    "",
  ]);
  expect(text).toMatchInlineSnapshot(`
    "> stpe
    ! command: expected one of help's, found stpe; did you mean step?
    > s 1 2
    ! step: expected a node and a number at most, found 1 2; see help
    > s 2
       0.000000s  1        -         world/start
       0.000000s  2        n1#1      process/boot                        <- 1
    > s n2
    ! step: expected a node of this run, found n2; did you mean n1?
    > state n9
    ! state: expected a node of this run, found n9; did you mean n1?
    > state n1 foo
    ! state: expected a field of what n1 says of itself, found foo; there are none
    > disk n1 lgo
    ! disk: expected a file of n1, found lgo; there are none
    > g 9s
    ! goto: expected a time in the run, which ended at 0.002421s after 40 events, found 9s; take an earlier one
    > g 999
    ! goto: expected an event of the run, which ended at 0.002421s after 40 events, found no event 999; see --break and the timeline
    > g now and then
    ! goto: expected an event's id, a time, a name such as raft/leader, NODE:NAME, or NODE.FIELD with or without =VALUE, found "now and then"; see \`help conditions\` in replay --step, or docs/replay.md
    > c disk/snyc
    nothing matches disk/snyc from here on; did you mean disk/sync?
    > c n2:fault
    nothing matches n2:fault from here on; did you mean n1?
    > br n2.term
    break 1: n2.term
    (there is no node n2 so far; did you mean n1?)
    > br 1.5parsecs
    ! break: expected an event's id, a time, a name such as raft/leader, NODE:NAME, or NODE.FIELD with or without =VALUE, found "1.5parsecs"; see \`help conditions\` in replay --step, or docs/replay.md
    > br
    break 1: n2.term
    > d 7
    ! delete: expected the number of a break point, or all, found 7; see break
    > d 1
    no break points
    > b 9
    before the first event
    > b
    before the first event
    > 
    before the first event
    "
  `);
  expect(session.exitCode).toBe(1);
  await session.close();
});

test("a server of Raft: role, log with terms, journal, and the message that made it leader", async () => {
  const { scenario } = await loadScenario("raft");
  const session = new Session(subjectFor(scenario, 1));
  const [leader] = await session.execute("c raft/leader");
  expect(leader).toBe("at raft/leader");
  const where = await session.execute("where");
  const [, node] = /on (n\d)#/.exec(where[0]!)!;
  expect(where.join("\n")).toMatch(/"kind":"voteResponse".*"granted":true/);
  expect(where.join("\n")).toContain(`${node} becomes leader of term 1`);
  await session.execute("c asked");
  await session.execute("c 1s");
  const state = (await session.execute(`state ${node}`)).join("\n");
  expect(state).toMatch(/role +leader of term 1, vote n\d, leader n\d/);
  expect(state).toMatch(/progress +commit \d+, applied \d+, durable \d+/);
  expect(state).toMatch(/terms +1\.\.\d+: term 1/);
  expect(state).toMatch(/path +number +kind +firstLsn +lastLsn +endOffset\n.*\.wal/);
  expect(state).toMatch(/snapshots +directory/);
  const log = (await session.execute(`state ${node} log`)).join("\n");
  expect(log).toMatch(/index +term +kind +data\n +1 +1 +noop/);
  expect(await session.execute(`state ${node} role`)).toEqual(["role            leader"]);
  await session.close();
});

test("Enter repeats what goes somewhere, and nothing else", async () => {
  const session = new Session(await carelessLog(0));
  expect(await session.execute("")).toEqual([]);
  await session.execute("s 3");
  await session.execute("");
  expect(session.place).toBe("0.000525s #6");
  await session.execute("nodes");
  expect(await session.execute("")).toEqual([]);
  expect(session.exitCode).toBe(0);
  await session.close();
});

test("completes commands, nodes and names that came by", async () => {
  const session = new Session(await carelessLog(0));
  await session.execute("s 5");
  await session.execute("nodes");
  expect(session.complete("st")).toEqual(["state", "step"]);
  expect(session.complete("state ")).toEqual(["n1"]);
  expect(session.complete("break disk/sync")).toEqual(["disk/sync-dir"]);
  expect(session.complete("nonsense ")).toEqual([]);
  await session.close();
});
