import { BrokerError } from "../errors.js";
import type { LogCore } from "./core.js";
import { NO_EPOCH } from "../types.js";
import type { Segment } from "./segment.js";
import { SegmentIndex } from "./segment-index.js";
import type { LogProblem } from "./types.js";

/** See `PartitionLog.verify`. While nothing is cut or replaced; what is appended meanwhile is not looked at. */
export async function verify(core: LogCore): Promise<readonly LogProblem[]> {
  const problems: LogProblem[] = [];
  const report = (rule: string, where: string, what: string): void => {
    problems.push({ rule, where, what });
  };
  let expected = core.segments[0]!.baseOffset;
  if (expected > core.state.logStartOffset) report("start-missing", core.name, `begins at ${expected}`);
  let epoch = NO_EPOCH;
  for (const segment of core.segments) {
    const where = `segment ${segment.baseOffset} of ${core.name}`;
    if (segment.baseOffset !== expected) report("segment-gap", where, `the one before ends at ${expected}`);
    if (segment.file.size() !== segment.sizeBytes)
      report("size-wrong", where, `${segment.file.size()} bytes`);
    epoch = await verifyBatches(core, segment, epoch, (rule, what) => report(rule, where, what));
    expected = segment.endOffset;
  }
  if (core.recoveryPoint > core.logEndOffset)
    report("recovery-point-ahead", core.name, `${core.recoveryPoint}`);
  if (core.state.recoveryPoint > core.recoveryPoint) {
    report("checkpoint-ahead", core.name, `${core.state.recoveryPoint}`);
  }
  for (const { startOffset } of core.epochs.entries) {
    if (startOffset > core.logEndOffset) report("epoch-ahead", core.name, `begins at ${startOffset}`);
  }
  return problems;
}

async function verifyBatches(
  core: LogCore,
  segment: Segment,
  before: number,
  report: (rule: string, what: string) => void,
): Promise<number> {
  const index = new SegmentIndex(segment.baseOffset, core.options.indexIntervalBytes);
  const { sizeBytes } = segment;
  let epoch = before;
  try {
    await segment.walk(segment.index.floor(-1), ({ header, position }) => {
      if (position >= sizeBytes) return false;
      index.note(header);
      if (header.leaderEpoch < epoch) report("epoch-order", `${header.leaderEpoch} behind ${epoch}`);
      epoch = header.leaderEpoch;
      const known = core.epochs.epochAt(Math.max(header.baseOffset, core.state.logStartOffset));
      const isServed = header.lastOffset >= core.state.logStartOffset;
      if (isServed && known !== epoch)
        report("epoch-wrong", `${epoch} at ${header.baseOffset}, not ${known}`);
      return true;
    });
  } catch (error) {
    if (!(error instanceof BrokerError)) throw error;
    report("batch-damaged", error.message);
    return epoch;
  }
  const isSame =
    segment.sizeBytes !== sizeBytes ||
    JSON.stringify(index.entries) === JSON.stringify(segment.index.entries);
  if (!isSame) report("index-wrong", `${segment.index.entries.length} entries`);
  return epoch;
}
