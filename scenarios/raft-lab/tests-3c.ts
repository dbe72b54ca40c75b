/** 3C: what is on the disk survives, whoever dies when, and over bad networks. */
import { check } from "./failure.js";
import { ELECTION_US, MS, type Lab } from "./lab.js";

const FIGURE_8_ROUNDS = 1_000;
/** From this round on the network of `figure8Unreliable` holds responses back. */
const REORDERING_ROUND = 200;
const CHURN_ROUNDS = 20;
const CHURN_CLIENTS = 3;
/** How long a client of the churn waits between its looks at whether its command was committed. */
const CHURN_PAUSES_MS = [10, 20, 50, 100, 200];

export async function persist1(lab: Lab): Promise<void> {
  await lab.one("11", lab.size, true);
  for (const server of lab.all()) lab.restart(server);
  for (const server of lab.all()) {
    lab.disconnect(server);
    lab.connect(server);
  }
  await lab.one("12", lab.size, true);
  const first = await lab.checkOneLeader();
  lab.disconnect(first);
  lab.restart(first);
  lab.connect(first);
  await lab.one("13", lab.size, true);
  const second = await lab.checkOneLeader();
  lab.disconnect(second);
  await lab.one("14", lab.size - 1, true);
  lab.restart(second);
  lab.connect(second);
  // It has to be back before the next one goes.
  await lab.wait(4, lab.size);
  const third = lab.after(await lab.checkOneLeader());
  lab.disconnect(third);
  await lab.one("15", lab.size - 1, true);
  lab.restart(third);
  lab.connect(third);
  await lab.one("16", lab.size, true);
}

/** Two of five die and come back, then the other three. */
export async function persist2(lab: Lab): Promise<void> {
  let command = 11;
  for (let round = 0; round < 5; round++) {
    await lab.one(String(command++), lab.size, true);
    const leader = await lab.checkOneLeader();
    const [one, two] = [lab.after(leader), lab.after(leader, 2)];
    const [three, four] = [lab.after(leader, 3), lab.after(leader, 4)];
    lab.disconnect(one, two);
    await lab.one(String(command++), lab.size - 2, true);
    lab.disconnect(leader, three, four);
    for (const server of [one, two]) {
      lab.restart(server);
      lab.connect(server);
    }
    await lab.sleep(ELECTION_US);
    lab.restart(three);
    lab.connect(three);
    await lab.one(String(command++), lab.size - 2, true);
    lab.connect(four, leader);
  }
  await lab.one("1000", lab.size, true);
}

/** The leader and a follower die, and come back one at a time to a third that was away. */
export async function persist3(lab: Lab): Promise<void> {
  await lab.one("101", 3, true);
  const leader = await lab.checkOneLeader();
  const [next, away] = [lab.after(leader), lab.after(leader, 2)];
  lab.disconnect(away);
  await lab.one("102", 2, true);
  lab.crash(leader);
  lab.crash(next);
  lab.connect(away);
  lab.restart(leader);
  lab.connect(leader);
  await lab.one("103", 2, true);
  lab.restart(next);
  lab.connect(next);
  await lab.one("104", lab.size, true);
}

/** Leaders die soon after they took a command, mostly before it is committed: figure 8 of the Raft paper. */
export async function figure8(lab: Lab): Promise<void> {
  await lab.one(lab.command(), 1, true);
  for (let round = 0; round < FIGURE_8_ROUNDS; round++) {
    const leader = startOnAll(lab);
    await figure8Pause(lab);
    if (leader !== undefined) lab.crash(leader);
    if (lab.all().filter((server) => lab.isUp(server)).length >= 3) continue;
    const server = lab.random.below(lab.size);
    if (!lab.isUp(server)) revive(lab, server);
  }
  reviveAll(lab);
  await lab.one(lab.command(), lab.size, true);
}

/** Many clients at once agree over a network that loses and delays. */
export async function unreliableAgree(lab: Lab): Promise<void> {
  const others: Promise<void>[] = [];
  for (let round = 1; round < 50; round++) {
    for (let i = 0; i < 4; i++) others.push(lab.beside(lab.one(String(100 * round + i), 1, true)));
    await lab.one(String(round), 1, true);
  }
  lab.network.isUnreliable = false;
  await Promise.all(others);
  await lab.one("100", lab.size, true);
}

/** As figure 8, with leaders that are cut off instead of killed, and responses that come late. */
export async function figure8Unreliable(lab: Lab): Promise<void> {
  await lab.one(lab.command(), 1, true);
  for (let round = 0; round < FIGURE_8_ROUNDS; round++) {
    if (round === REORDERING_ROUND) lab.network.isLongReordering = true;
    const leader = startOnAll(lab);
    await figure8Pause(lab);
    const strikes = lab.random.below(1_000) * MS < ELECTION_US / 2;
    if (leader !== undefined && strikes) lab.disconnect(leader);
    if (lab.all().filter((server) => lab.isConnected(server)).length >= 3) continue;
    const server = lab.random.below(lab.size);
    if (!lab.isConnected(server)) lab.connect(server);
  }
  lab.connect(...lab.all());
  await lab.one(lab.command(), lab.size, true);
}

/** Servers die, return, and lose touch at random; what clients saw committed is there at the end. */
export async function churn(lab: Lab): Promise<void> {
  const stop = { isSet: false };
  const clients = Array.from({ length: CHURN_CLIENTS }, (_, client) => churnClient(lab, client, stop));
  const happens = (permille: number): boolean => lab.random.below(1_000) < permille;
  for (let round = 0; round < CHURN_ROUNDS; round++) {
    if (happens(200)) lab.disconnect(lab.random.below(lab.size));
    if (happens(500)) revive(lab, lab.random.below(lab.size));
    if (happens(200)) {
      const server = lab.random.below(lab.size);
      if (lab.isUp(server)) lab.crash(server);
    }
    // Not long enough for everybody to settle each time, but some of the time.
    await lab.sleep((ELECTION_US * 7) / 10);
  }
  await lab.sleep(ELECTION_US);
  lab.network.isUnreliable = false;
  reviveAll(lab);
  stop.isSet = true;
  const seen = (await Promise.all(clients)).flat();
  await lab.sleep(ELECTION_US);
  const last = await lab.one(lab.command(), lab.size, true);
  const committed = new Set<string | undefined>();
  for (let place = 1; place <= last; place++) committed.add(await lab.wait(place, lab.size));
  for (const command of seen) check(committed.has(command), () => `didn't find the value ${command}`);
}

/** Gives the commands that it saw committed. */
async function churnClient(lab: Lab, client: number, stop: { readonly isSet: boolean }): Promise<string[]> {
  const seen: string[] = [];
  while (!stop.isSet) {
    const command = lab.command();
    let place: number | undefined;
    // The later one that takes it counts: an old leader doesn't know yet that it is none.
    for (const server of lab.all()) place = lab.start(server, command)?.place ?? place;
    if (place === undefined) {
      await lab.sleep((79 + client * 17) * MS);
      continue;
    }
    for (const pauseMs of CHURN_PAUSES_MS) {
      const committed = lab.committed(place);
      if (committed === command) seen.push(command);
      if (committed !== undefined) break;
      await lab.sleep(pauseMs * MS);
    }
  }
  return seen;
}

/** Gives a command to every server that runs; the last one that took it, if any did. */
function startOnAll(lab: Lab): number | undefined {
  let leader: number | undefined;
  for (const server of lab.all()) {
    if (lab.start(server, lab.command()) !== undefined && lab.isConnected(server)) leader = server;
  }
  return leader;
}

/** Mostly too short to commit, at times long enough for it. */
function figure8Pause(lab: Lab): Promise<void> {
  const isLong = lab.random.below(1_000) < 100;
  return lab.sleep(isLong ? lab.random.below(ELECTION_US / 2) : lab.random.below(13) * MS);
}

function revive(lab: Lab, server: number): void {
  if (!lab.isUp(server)) lab.restart(server);
  lab.connect(server);
}

function reviveAll(lab: Lab): void {
  for (const server of lab.all()) revive(lab, server);
}
