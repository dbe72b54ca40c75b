/** Partitions: bands over the lanes that they part, with each side's letter, and a row of what they are. */
import { PARTITION_ROW } from "../layout.js";
import { BOLD, clamp, label, type Brush } from "./brush.js";

export function paintPartitions(brush: Brush): void {
  const { ctx, layout, scene, theme } = brush;
  scene.run.partitions.forEach((partition, i) => {
    if (partition.untilUs < brush.fromUs || partition.fromUs > brush.untilUs) return;
    const [from, until] = clamp(brush, partition.fromUs, partition.untilUs);
    const width = Math.max(2, until - from);
    const row = layout.partitionsTop + layout.partitionRows[i]! * PARTITION_ROW;
    ctx.fillStyle = theme.cut;
    for (const box of layout.boxes) {
      const side = partition.sides[box.lane] ?? "";
      if (side === "") continue;
      ctx.globalAlpha = side.startsWith("A") ? 0.16 : 0.07;
      ctx.fillRect(from, box.top, width, box.bottom - box.top);
      ctx.globalAlpha = 1;
      label(brush, side, from + 7 + 18 * layout.partitionRows[i]!, box.bottom - 7, width - 8, {
        font: BOLD,
        leastPx: 10,
      });
    }
    ctx.strokeStyle = theme.cut;
    ctx.lineWidth = 1;
    ctx.setLineDash([4, 3]);
    ctx.beginPath();
    for (const edge of [from, until]) {
      ctx.moveTo(edge, row);
      ctx.lineTo(edge, layout.height);
    }
    ctx.stroke();
    ctx.setLineDash([]);
    paintRow(brush, `partition ${partition.text}`, from, width, row);
  });
}

function paintRow(brush: Brush, text: string, from: number, width: number, top: number): void {
  const { ctx, theme } = brush;
  ctx.fillStyle = theme.cut;
  ctx.fillRect(from, top + 1, width, PARTITION_ROW - 2);
  ctx.fillStyle = theme.paper;
  ctx.textBaseline = "middle";
  const start = Math.max(from, brush.layout.gutter);
  label(brush, text, start + 5, top + PARTITION_ROW / 2, from + width - start - 8, {
    font: BOLD,
    halo: false,
  });
}
