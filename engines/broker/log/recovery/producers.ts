import type { Env } from "../../../env/index.js";
import { markerOf } from "../../record/index.js";
import type { Offset } from "../../types.js";
import { readChecked } from "../checked-file.js";
import { SNAPSHOT_SUFFIX, fileName, offsetsOf } from "../names.js";
import { ProducerStates } from "../producer-states.js";
import type { Segment } from "../segment.js";
import type { LogOptions } from "../types.js";

/** What the log says of its producers up to `endOffset`: the newest snapshot below it, and the batches since. */
export async function rebuildProducers(
  env: Env,
  options: LogOptions,
  segments: readonly Segment[],
  { logStartOffset, endOffset }: { readonly logStartOffset: Offset; readonly endOffset: Offset },
): Promise<ProducerStates> {
  const { offset, states } = await newestSnapshot(env, options.directory, endOffset);
  for (const segment of segments) {
    if (segment.endOffset <= offset) continue;
    await segment.walk(segment.index.floor(offset), ({ header, bytes }) => {
      const marker = header.isControl ? markerOf(bytes, 0) : undefined;
      if (header.baseOffset >= offset) states.note(header, marker);
      return true;
    });
  }
  states.transactions.forgetAborted(logStartOffset);
  return states;
}

async function newestSnapshot(
  env: Env,
  directory: string,
  endOffset: Offset,
): Promise<{ readonly offset: Offset; readonly states: ProducerStates }> {
  for (const offset of offsetsOf(await env.disk.list(directory), SNAPSHOT_SUFFIX).reverse()) {
    if (offset > endOffset) continue;
    const path = `${directory}/${fileName(offset, SNAPSHOT_SUFFIX)}`;
    const states = ProducerStates.decode(await readChecked(env, path), path);
    if (states !== undefined) return { offset, states };
    env.reached("broker/snapshot-damaged");
  }
  return { offset: 0, states: new ProducerStates() };
}
