/** 3B: the log. */
import type { Term } from "#engines/raft/types.js";
import { LabFailure, check } from "./failure.js";
import { ELECTION_US, SECOND, type Lab } from "./lab.js";

const LARGE_COMMAND_BYTES = 5_000;
const RPC_BYTES_SLACK = 50_000;
/** In a lab of three servers: to elect the first leader, and in a second without commands. */
const MAX_ELECTION_CALLS = 30;
const MAX_IDLE_CALLS = 3 * 20;
/** A leader may be deposed in between; so often a test begins anew. */
const TRIES = 5;

export async function basicAgree(lab: Lab): Promise<void> {
  for (let place = 1; place <= 3; place++) {
    check(lab.countCommitted(place) === 0, () => "some have committed before start()");
    const got = await lab.one(String(place * 100), lab.size, false);
    check(got === place, () => `got index ${got} but expected ${place}`);
  }
}

/** Each command is sent to each follower once. */
export async function rpcBytes(lab: Lab): Promise<void> {
  await lab.one("99", lab.size, false);
  const before = lab.bytesTotal();
  let sent = 0;
  for (let place = 2; place < 12; place++) {
    const command = lab.command().padEnd(LARGE_COMMAND_BYTES, "x");
    const got = await lab.one(command, lab.size, false);
    check(got === place, () => `got index ${got} but expected ${place}`);
    sent += command.length;
  }
  const bytes = lab.bytesTotal() - before;
  const expected = lab.size * sent;
  check(bytes <= expected + RPC_BYTES_SLACK, () => `too many RPC bytes; got ${bytes}, expected ${expected}`);
}

export async function followerFailure(lab: Lab): Promise<void> {
  await lab.one("101", lab.size, false);
  const first = await lab.checkOneLeader();
  lab.disconnect(lab.after(first));
  await lab.one("102", lab.size - 1, false);
  await lab.sleep(ELECTION_US);
  await lab.one("103", lab.size - 1, false);
  const second = await lab.checkOneLeader();
  lab.disconnect(lab.after(second), lab.after(second, 2));
  const started = lab.start(second, "104");
  check(started !== undefined, () => "the leader rejected start()");
  check(started.place === 4, () => `expected index 4, got ${started.place}`);
  await lab.sleep(2 * ELECTION_US);
  checkUncommitted(lab, 4);
}

export async function leaderFailure(lab: Lab): Promise<void> {
  await lab.one("101", lab.size, false);
  const first = await lab.checkOneLeader();
  lab.disconnect(first);
  await lab.one("102", lab.size - 1, false);
  await lab.sleep(ELECTION_US);
  await lab.one("103", lab.size - 1, false);
  lab.disconnect(await lab.checkOneLeader());
  for (const server of lab.all()) lab.start(server, "104");
  await lab.sleep(2 * ELECTION_US);
  checkUncommitted(lab, 4);
}

/** A follower that returns catches up. */
export async function failAgree(lab: Lab): Promise<void> {
  await lab.one("101", lab.size, false);
  const away = lab.after(await lab.checkOneLeader());
  lab.disconnect(away);
  await lab.one("102", lab.size - 1, false);
  await lab.one("103", lab.size - 1, false);
  await lab.sleep(ELECTION_US);
  await lab.one("104", lab.size - 1, false);
  await lab.one("105", lab.size - 1, false);
  lab.connect(away);
  await lab.one("106", lab.size, true);
  await lab.sleep(ELECTION_US);
  await lab.one("107", lab.size, true);
}

export async function failNoAgree(lab: Lab): Promise<void> {
  await lab.one("10", lab.size, false);
  const first = await lab.checkOneLeader();
  const away = [1, 2, 3].map((steps) => lab.after(first, steps));
  lab.disconnect(...away);
  const started = lab.start(first, "20");
  check(started !== undefined, () => "the leader rejected start()");
  check(started.place === 2, () => `expected index 2, got ${started.place}`);
  await lab.sleep(2 * ELECTION_US);
  checkUncommitted(lab, 2);
  lab.connect(...away);
  // The three may have elected a leader of their own, which need not have the second command.
  const second = await lab.checkOneLeader();
  const again = lab.start(second, "30");
  check(again !== undefined, () => "the second leader rejected start()");
  check(again.place === 2 || again.place === 3, () => `unexpected index ${again.place}`);
  await lab.one("1000", lab.size, true);
}

export async function concurrentStarts(lab: Lab): Promise<void> {
  await untilTermLasts(lab, async (leader) => {
    const term = lab.start(leader, "1")?.term;
    if (term === undefined) return false;
    const commands = Array.from({ length: 5 }, (_, i) => String(100 + i));
    const places = commands.flatMap((command) => {
      const started = lab.start(leader, command);
      return started?.term === term ? [started.place] : [];
    });
    if (leftTerm(lab, term)) return false;
    const committed: string[] = [];
    for (const place of places) {
      const command = await lab.wait(place, lab.size, term);
      if (command === undefined) return false;
      committed.push(command);
    }
    for (const command of commands) {
      check(committed.includes(command), () => `command ${command} missing in ${committed.join(" ")}`);
    }
    return true;
  });
}

/** A leader that was cut off gives up what it could not commit. */
export async function rejoin(lab: Lab): Promise<void> {
  await lab.one("101", lab.size, true);
  const first = await lab.checkOneLeader();
  lab.disconnect(first);
  for (const command of ["102", "103", "104"]) lab.start(first, command);
  await lab.one("103", 2, true);
  const second = await lab.checkOneLeader();
  lab.disconnect(second);
  lab.connect(first);
  await lab.one("104", 2, true);
  lab.connect(second);
  await lab.one("105", lab.size, true);
}

/** A leader gets over long logs that are wrong, quickly. */
export async function backup(lab: Lab): Promise<void> {
  const startMany = (server: number): void => {
    for (let i = 0; i < 50; i++) lab.start(server, lab.command());
  };
  const agreeOnMany = async (): Promise<void> => {
    for (let i = 0; i < 50; i++) await lab.one(lab.command(), 3, true);
  };
  await lab.one(lab.command(), lab.size, true);
  const first = await lab.checkOneLeader();
  const few = [first, lab.after(first)];
  const many = [2, 3, 4].map((steps) => lab.after(first, steps));
  lab.disconnect(...many);
  startMany(first);
  await lab.sleep(ELECTION_US / 2);
  lab.disconnect(...few);
  lab.connect(...many);
  await agreeOnMany();
  const second = await lab.checkOneLeader();
  const other = second === many[0] ? lab.after(second) : many[0]!;
  lab.disconnect(other);
  startMany(second);
  await lab.sleep(ELECTION_US / 2);
  lab.disconnect(...lab.all());
  lab.connect(...few, other);
  await agreeOnMany();
  lab.connect(...lab.all());
  await lab.one(lab.command(), lab.size, true);
}

/** Few calls elect a leader, agree on commands, and keep the peace. */
export async function count(lab: Lab): Promise<void> {
  const { network } = lab;
  await lab.checkOneLeader();
  check(network.calls >= 1 && network.calls <= MAX_ELECTION_CALLS, () => {
    return `too many or few RPCs (${network.calls}) to elect the initial leader`;
  });
  const commands = 12;
  await untilTermLasts(lab, async (leader) => {
    const before = network.calls;
    const first = lab.start(leader, "1");
    if (first === undefined) return false;
    const { term } = first;
    const sent = Array.from({ length: commands - 1 }, () => lab.command());
    for (const [i, command] of sent.entries()) {
      const started = lab.start(leader, command);
      if (started?.term !== term) return false;
      check(started.place === first.place + 1 + i, () => `start() gave index ${started.place}`);
    }
    for (const [i, command] of sent.entries()) {
      const place = first.place + 1 + i;
      const committed = await lab.wait(place, lab.size, term);
      if (committed === undefined) return false;
      check(
        committed === command,
        () => `wrong value ${committed} committed for index ${place}; expected ${command}`,
      );
    }
    if (leftTerm(lab, term)) return false;
    const calls = network.calls - before;
    check(calls <= (commands - 1 + 3) * 3, () => `too many RPCs (${calls}) for ${commands} entries`);
    return true;
  });
  const before = network.calls;
  await lab.sleep(ELECTION_US);
  const idle = network.calls - before;
  check(idle <= MAX_IDLE_CALLS, () => `too many RPCs (${idle}) for 1 second of idleness`);
}

function checkUncommitted(lab: Lab, place: number): void {
  const servers = lab.countCommitted(place);
  check(servers === 0, () => `${servers} committed but no majority`);
}

/** Does the deed with a leader until it says that the leader's term lasted. */
async function untilTermLasts(lab: Lab, deed: (leader: number) => Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    // Time for everybody to settle.
    if (attempt > 0) await lab.sleep(3 * SECOND);
    if (await deed(await lab.checkOneLeader())) return;
  }
  throw new LabFailure("term changed too often");
}

function leftTerm(lab: Lab, term: Term): boolean {
  return lab.all().some((server) => lab.termOf(server) !== term);
}
