import * as fc from "fast-check";
import type { PageOp, StateField } from "#engines/btree/page/index.js";

const count = fc.nat(0xffff);
const pageId = fc.nat(0xffff_ffff);
const bytes = fc.uint8Array({ maxLength: 300 });

export const anyOp: fc.Arbitrary<PageOp> = fc.oneof(
  fc.record({ kind: fc.constant("image" as const), head: bytes, tail: bytes }),
  fc.record({ kind: fc.constant("insertCells" as const), slot: count, count, cells: bytes }),
  fc.record({ kind: fc.constant("removeCells" as const), slot: count, count }),
  fc.record({ kind: fc.constant("replaceCell" as const), slot: count, cell: bytes }),
  fc.record({ kind: fc.constant("setLinks" as const), left: pageId, right: pageId }),
  fc.record({ kind: fc.constant("setLeftmost" as const), child: pageId }),
  fc.record({
    kind: fc.constant("setField" as const),
    field: fc.nat(6).map((field) => field as StateField),
    value: fc.maxSafeNat(),
  }),
  fc.record({ kind: fc.constant("pushFree" as const), pages: fc.array(pageId, { maxLength: 200 }) }),
  fc.record({ kind: fc.constant("popFree" as const), count }),
);
