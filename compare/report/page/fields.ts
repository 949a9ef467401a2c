/** The field tree: every path and rule, the most often failing branch first. */
import type { FieldCounts, ModelSummary } from "../../summary.ts";
import type { Entry } from "./document.ts";
import { type FieldRow, fieldEntry, fieldName, STEPS } from "./field-row.ts";
import { el } from "./vnode.ts";

interface Branch {
  readonly path: string;
  readonly rows: FieldRow[];
  readonly children: Map<string, Branch>;
}

/** The tree of one model. */
export function modelFields(model: ModelSummary): Entry[] {
  const rows = Object.entries(model.fields).flatMap(([path, rules]) =>
    Object.entries(rules).map(([rule, counts]): FieldRow => ({ ...counts, kinds: known(counts.kinds), path, rule })),
  );
  return treeRows(rows);
}

/** The tree of all models, counts summed. */
export function fleetFields(models: readonly ModelSummary[]): Entry[] {
  const sums = new Map<string, FieldRow>();
  for (const { fields } of models) {
    for (const [path, rules] of Object.entries(fields)) {
      for (const [rule, counts] of Object.entries(rules)) {
        const key = JSON.stringify([path, rule]);
        sums.set(key, add(sums.get(key), { ...counts, kinds: known(counts.kinds), path, rule }));
      }
    }
  }
  return treeRows([...sums.values()]);
}

function known(kinds: FieldCounts["kinds"]): Record<string, number> {
  return Object.fromEntries(Object.entries(kinds).filter(([, times]) => (times ?? 0) > 0)) as Record<string, number>;
}

function add(sum: FieldRow | undefined, row: FieldRow): FieldRow {
  const failing = row.k > 0 ? 1 : 0;
  if (sum === undefined) return { ...row, models: [failing, 1] };
  const kinds = { ...sum.kinds };
  for (const [kind, times] of Object.entries(row.kinds)) kinds[kind] = (kinds[kind] ?? 0) + times;
  const noise = sum.noise && row.noise && { noise: { n: sum.noise.n + row.noise.n, k: sum.noise.k + row.noise.k } };
  return {
    path: sum.path,
    rule: sum.rule,
    n: sum.n + row.n,
    k: sum.k + row.k,
    kinds,
    ignored: (sum.ignored ?? 0) + (row.ignored ?? 0),
    waived: (sum.waived ?? 0) + (row.waived ?? 0),
    ...noise,
    models: [(sum.models?.[0] ?? 0) + failing, (sum.models?.[1] ?? 0) + 1],
  };
}

function treeRows(rows: readonly FieldRow[]): Entry[] {
  const root: Branch = { path: "", rows: [], children: new Map() };
  for (const row of rows) {
    const steps = row.path.startsWith("$") ? ["$", ...(row.path.slice(1).match(STEPS) ?? [])] : [row.path];
    const whole = steps.join("") === row.path ? steps : [row.path];
    let branch = root;
    for (const step of whole) {
      const known = branch.children.get(step) ?? { path: branch.path + step, rows: [], children: new Map() };
      branch.children.set(step, known);
      branch = known;
    }
    branch.rows.push(row);
  }
  const worst = new Map<Branch, number>();
  measure(root, worst);
  return [...walk(root, -1, worst)];
}

/** Largest number of failures of a rule in a branch. */
function measure(branch: Branch, worst: Map<Branch, number>): number {
  const own = branch.rows.map(({ k }) => k);
  const below = [...branch.children.values()].map((child) => measure(child, worst));
  const most = Math.max(0, ...own, ...below);
  worst.set(branch, most);
  return most;
}

function* walk(branch: Branch, depth: number, worst: ReadonlyMap<Branch, number>): Generator<Entry> {
  const { path, rows, children } = branch;
  const below = [...children.values()]
    .sort((a, b) => (worst.get(b) ?? 0) - (worst.get(a) ?? 0) || (a.path < b.path ? -1 : 1))
    .flatMap((child) => [...walk(child, depth + 1, worst)]);
  const own = [...rows].sort((a, b) => b.k - a.k || (a.rule < b.rule ? -1 : 1)).map((row) => fieldEntry(row, depth));
  if (depth >= 0 && path !== "$" && rows.length === 0 && children.size > 0) {
    // A branch without a rule of its own is found by whatever is found below it.
    const find = below.map((entry) => entry.find).join(" ");
    const kinds = below.map((entry) => entry.kinds ?? "").join(" ");
    const quiet = (worst.get(branch) ?? 0) === 0 ? ({ quiet: true } as const) : {};
    yield {
      find,
      kinds,
      ...quiet,
      node: el("tr", { class: "branch" }, fieldName(path, depth), el("td", { colspan: "8" })),
    };
  }
  yield* own;
  yield* below;
}
