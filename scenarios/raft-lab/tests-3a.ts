/** 3A: election of a leader. */
import { check } from "./failure.js";
import { ELECTION_US, MS, type Lab } from "./lab.js";

export async function initialElection(lab: Lab): Promise<void> {
  await lab.checkOneLeader();
  // Followers learn of the election from the first heartbeat.
  await lab.sleep(50 * MS);
  const term = lab.checkTerms();
  check(term >= 1, () => `term is ${term}, but should be at least 1`);
  await lab.sleep(2 * ELECTION_US);
  // The course only warns if this is another term.
  lab.checkTerms();
  await lab.checkOneLeader();
}

export async function reElection(lab: Lab): Promise<void> {
  const first = await lab.checkOneLeader();
  lab.disconnect(first);
  await lab.checkOneLeader();
  // The old leader's return disturbs nobody.
  lab.connect(first);
  const second = await lab.checkOneLeader();
  // Without a quorum there is no leader.
  const next = lab.after(second);
  lab.disconnect(second, next);
  await lab.sleep(2 * ELECTION_US);
  lab.checkNoLeader();
  // With one again there is.
  lab.connect(next);
  await lab.checkOneLeader();
  lab.connect(second);
  await lab.checkOneLeader();
}

export async function manyElections(lab: Lab): Promise<void> {
  await lab.checkOneLeader();
  for (let round = 1; round < 10; round++) {
    const away = [0, 1, 2].map(() => lab.random.below(lab.size));
    lab.disconnect(...away);
    // Either the leader is still there, or the other four elect one.
    await lab.checkOneLeader();
    lab.connect(...away);
  }
  await lab.checkOneLeader();
}
