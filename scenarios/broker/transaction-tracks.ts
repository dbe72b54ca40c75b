/**
 * Transactions over time: of each transactional id the state that its coordinator has committed, and the markers that end
 * them in partitions.
 */
import type { BrokerEvent } from "#engines/broker/events.js";
import type { TransactionEvent } from "#engines/broker/transaction/events.js";
import type { TrackName, TrackPen, TrackSpan, TrackWatch } from "#sim/tracks.js";

export function transactionTracks(pen: TrackPen): TrackWatch {
  /** By the producer's id: markers do not say more. */
  const tracks = new Map<number, TrackName>();
  return (observed) => {
    const event = observed as BrokerEvent;
    if (event.kind === "transaction/state") {
      const track = { group: event.transactionalId, name: "transaction", isFirst: true };
      tracks.set(event.producerId, track);
      pen.span(track, spanOf(event));
    } else if (event.kind === "broker/marker") {
      const track = tracks.get(event.producerId);
      if (track === undefined) return;
      const { isCommit, partition, producerEpoch } = event;
      pen.mark(track, `${isCommit ? "commits" : "aborts"} ${partition}, epoch ${producerEpoch}`);
    }
  };
}

/** In full while it is under way; what it came to stays in a pale colour until the next one. */
function spanOf({ state, producerId, epoch, partitions }: TransactionEvent): TrackSpan {
  const over = partitions.length === 0 ? "" : `, over ${partitions.join(" ")}`;
  const text = `epoch ${epoch} ${state}, producer ${producerId}${over}`;
  switch (state) {
    case "empty":
      return { text };
    case "ongoing":
      return { text, colour: "ongoing" };
    case "prepare-commit":
      return { text, colour: "committed" };
    case "complete-commit":
      return { text, colour: "committed", isFaint: true };
    case "prepare-abort":
      return { text, colour: "aborted" };
    case "complete-abort":
    default:
      return { text, colour: "aborted", isFaint: true };
  }
}
