/** A text table that fits a width: columns of low priority go first, then one column is cut. */
import { clip, displayWidth, pad } from "./text.ts";

export interface Column {
  readonly title: string;
  readonly align: "left" | "right";
  /** The highest is dropped first when the table is too wide; 0 is never dropped. */
  readonly drop: number;
  /** Takes what width is left, down to 12 columns, and is cut with `…`. At most one. */
  readonly flexible?: boolean;
  /** Text of a cell for exactly so many columns, where cutting the end off would hide what matters. */
  readonly fit?: (row: number, columns: number) => string;
  /** Colours the text of a cell. */
  readonly paint?: (text: string, row: number) => string;
}

const GAP = "  ";
const FLEXIBLE_MIN = 12;

/** Lines, the titles first. Every row holds one cell per column. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[], width: number): string[] {
  const natural = columns.map((column, i) =>
    Math.max(displayWidth(column.title), ...rows.map((row) => displayWidth(row[i] ?? ""))),
  );
  const kept = keep(columns, natural, width);
  const fixed = kept.reduce((sum, i) => sum + (columns[i]?.flexible ? 0 : (natural[i] ?? 0)), 0);
  const left = width - fixed - GAP.length * (kept.length - 1);
  const widths = kept.map((i) => {
    const own = natural[i] ?? 0;
    return columns[i]?.flexible ? Math.min(own, Math.max(FLEXIBLE_MIN, left)) : own;
  });

  const line = (cells: readonly string[], row: number): string =>
    kept
      .map((index, at) => {
        const column = columns[index] as Column;
        const room = widths[at] ?? 0;
        const text = row >= 0 && column.fit ? column.fit(row, room) : (cells[index] ?? "");
        const cell = pad(clip(text, room), room, column.align);
        return row >= 0 && column.paint ? paintText(cell, (filled) => column.paint?.(filled, row) ?? filled) : cell;
      })
      .join(GAP)
      .trimEnd();
  return [
    line(
      columns.map((column) => column.title),
      -1,
    ),
    ...rows.map(line),
  ];
}

/** Colours the text and leaves the padding after it, so that a line can be trimmed. */
function paintText(cell: string, paint: (text: string) => string): string {
  const text = cell.trimEnd();
  return paint(text) + cell.slice(text.length);
}

/** Indexes of the columns that fit, in their order. */
function keep(columns: readonly Column[], natural: readonly number[], width: number): number[] {
  let kept = columns.map((_, i) => i);
  const needed = (): number =>
    kept.reduce(
      (sum, i) =>
        sum + GAP.length + (columns[i]?.flexible ? Math.min(FLEXIBLE_MIN, natural[i] ?? 0) : (natural[i] ?? 0)),
      -GAP.length,
    );
  while (needed() > width) {
    const last = Math.max(...kept.map((i) => columns[i]?.drop ?? 0));
    if (last === 0) break;
    kept = kept.filter((i) => columns[i]?.drop !== last);
  }
  return kept;
}
