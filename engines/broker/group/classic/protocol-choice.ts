import type { JoinProtocol } from "../../protocol/group-types.js";

type Voter = { readonly protocols: readonly JoinProtocol[] };

/** Names that all of them can do, in the order of the first one's preference; none where there is nobody. */
export function commonProtocols(voters: readonly Voter[]): string[] {
  const [first, ...others] = voters;
  const names = first?.protocols.map(({ name }) => name) ?? [];
  return names.filter((name) =>
    others.every(({ protocols }) => protocols.some((each) => each.name === name)),
  );
}

/**
 * What the group does: of the common protocols, the one that most members like best, as Kafka chooses. Of several, the one
 * that the first member likes better. Undefined where there is none in common.
 */
export function chooseProtocol(voters: readonly Voter[]): string | undefined {
  const candidates = commonProtocols(voters);
  const votes = new Map(candidates.map((name) => [name, 0]));
  for (const { protocols } of voters) {
    const vote = protocols.find(({ name }) => votes.has(name));
    if (vote !== undefined) votes.set(vote.name, votes.get(vote.name)! + 1);
  }
  let best: string | undefined;
  for (const name of candidates) if (best === undefined || votes.get(name)! > votes.get(best)!) best = name;
  return best;
}
