/**
 * What each command does. What lives here: one function for each kind of command, which takes the image and gives
 * records or a refusal. What it promises: the same for the same image and command, everywhere; nothing is changed and
 * nothing thrown. What it does not: it knows neither time nor who asks; a command says all that counts.
 */
import { unreachable } from "../../../env/index.js";
import type { MetadataCommand, MetadataImage } from "../types.js";
import { beginShutdown, fence, register, unfence } from "./brokers.js";
import { alterPartition, electLeader } from "./in-sync.js";
import { reassign } from "./reassignment.js";
import { recoverLeader } from "./recovery.js";
import { allocateProducerIds, createTopic } from "./topics.js";
import type { Verdict } from "./verdict.js";

export { refused, type Accepted, type Refused, type Verdict } from "./verdict.js";

export function decide(image: MetadataImage, command: MetadataCommand): Verdict {
  switch (command.kind) {
    case "register":
      return register(image, command);
    case "unfence":
      return unfence(image, command);
    case "fence":
      return fence(image, command);
    case "beginShutdown":
      return beginShutdown(image, command);
    case "createTopic":
      return createTopic(image, command);
    case "alterPartition":
      return alterPartition(image, command);
    case "electLeader":
      return electLeader(image, command);
    case "reassign":
      return reassign(image, command);
    case "allocateProducerIds":
      return allocateProducerIds(image, command);
    case "recoverLeader":
      return recoverLeader(image, command);
    default:
      return unreachable("all kinds are known");
  }
}
