/** `compare --against RUN`: reads the findings of both comparisons, object by object, and whether records were answered. */
import { CutoverError } from "../../src/errors.ts";
import { canonicalJson } from "../../src/hash.ts";
import { diffsKey, diffsPrefix, parseCaptureKey, type RangeId } from "../../src/lake/keys.ts";
import type { Run } from "../../src/lake/run.ts";
import { LIMITS } from "../../src/limits.ts";
import { openObject } from "../../src/parquet/read.ts";
import { DIFFS, type DiffKind, REPLAYS } from "../../src/record.ts";
import type { Session } from "../../src/session.ts";
import type { ObjectInfo } from "../../src/store/port.ts";
import { listInputs } from "../inputs.ts";
import type { Unit } from "../unit.ts";
import { type PairChange, type Trait, type Versus, VersusTally } from "./versus.ts";

/** Both runs have been compared under the rules in force, by the caller. USAGE when they do not ask about the same records. */
export async function versusStage(session: Session, rules: string, now: Run, before: Run): Promise<Versus> {
  checkSelections(now, before);
  const { store, signal } = session;
  const [unitsNow, unitsBefore] = [await listInputs(store, now, signal), await listInputs(store, before, signal)];
  const [diffsNow, diffsBefore] = [await listDiffs(session, now, rules), await listDiffs(session, before, rules)];
  const tally = new VersusTally(LIMITS.groupsPerRun);
  for (const [at, unit] of unitsNow.units.entries()) {
    signal.throwIfAborted();
    const range = parseCaptureKey(unit.object.key);
    if (range === undefined) continue;
    const findingsNow = await readFindings(session, diffsNow, now.run, rules, range);
    const findingsBefore = await readFindings(session, diffsBefore, before.run, rules, range);
    const offsets = [...new Set([...findingsBefore.keys(), ...findingsNow.keys()])];
    const answeredNow = await answered(session, unit, new Set(offsets.filter((offset) => !findingsNow.has(offset))));
    const other = unitsBefore.units[at] ?? unit;
    const answeredBefore = await answered(session, other, new Set(offsets.filter((o) => !findingsBefore.has(o))));
    for (const offset of offsets) {
      const pair: PairChange = {
        before: findingsBefore.get(offset) ?? NONE,
        now: findingsNow.get(offset) ?? NONE,
        // What differs was answered.
        answeredBefore: findingsBefore.has(offset) || answeredBefore.has(offset),
        answeredNow: findingsNow.has(offset) || answeredNow.has(offset),
      };
      tally.add(pair);
    }
  }
  return { run: now.run, against: before.run, rules, ...tally.result() };
}

const NONE: ReadonlyMap<string, Trait> = new Map();

/** The pinned objects and what is selected of them: then a position means the same record in both. */
function checkSelections(now: Run, before: Run): void {
  const selection = ({ objects, query, limits }: Run): string =>
    canonicalJson([
      objects.map(({ key, contentSha256, selected }) => [key, contentSha256, selected]),
      query,
      limits ?? {},
    ]);
  if (now.run !== before.run && selection(now) === selection(before)) return;
  throw new CutoverError("USAGE", "the two runs do not ask about the same records", {
    place: "--against",
    expected: `another run over the selection of ${now.run}`,
    received: before.run,
    hint: `cutover replay --target NAME --same-as ${before.run}`,
  });
}

async function listDiffs({ store, signal }: Session, { run }: Run, rules: string): Promise<Map<string, ObjectInfo>> {
  const found = new Map<string, ObjectInfo>();
  for await (const info of store.list(diffsPrefix(run, rules), { signal })) found.set(info.key, info);
  return found;
}

/** Differences that no waiver accepts, by offset and fingerprint. */
async function readFindings(
  { store, signal }: Session,
  objects: ReadonlyMap<string, ObjectInfo>,
  run: string,
  rules: string,
  range: RangeId,
): Promise<Map<bigint, Map<string, Trait>>> {
  const found = new Map<bigint, Map<string, Trait>>();
  for (let part = 0; ; part++) {
    const info = objects.get(diffsKey(run, rules, range, part));
    if (info === undefined) return found;
    const reader = await openObject(store, info.key, DIFFS, { info, signal });
    for (const group of reader.rowGroups.keys()) {
      const columns = await reader.read(group, ["offset", "model", "path", "kind", "rule", "fingerprint", "waived"]);
      const { offset = [], model = [], path = [], kind = [], rule = [], fingerprint = [], waived = [] } = columns;
      for (let i = 0; i < offset.length; i++) {
        if (waived[i]) continue;
        const name = fingerprint[i] as string;
        const ofPair = found.get(offset[i] as bigint) ?? new Map<string, Trait>();
        found.set(offset[i] as bigint, ofPair);
        ofPair.set(name, {
          fingerprint: name,
          model: model[i] as string,
          path: fieldOf(path[i] as string),
          kind: kind[i] as DiffKind,
          rule: rule[i] as string,
        });
      }
    }
    reader.close();
  }
}

/** The path with `[*]` for indexes; names in quotes stay as they are. */
function fieldOf(path: string): string {
  return path.replace(/("(?:[^"\\]|\\.)*")|\[\d+\]/g, (found, quoted?: string) =>
    quoted === undefined ? "[*]" : found,
  );
}

/** Which of the offsets the run has an answer to. */
async function answered(
  { store, signal }: Session,
  { commits }: Unit,
  wanted: ReadonlySet<bigint>,
): Promise<Set<bigint>> {
  const found = new Set<bigint>();
  if (wanted.size === 0) return found;
  for (const info of commits) {
    const reader = await openObject(store, info.key, REPLAYS, { info, signal });
    for (const group of reader.rowGroups.keys()) {
      const { offset = [], outcome = [] } = await reader.read(group, ["offset", "outcome"]);
      for (let i = 0; i < offset.length; i++) {
        const isAnswer = outcome[i] === "ok" || outcome[i] === "model_error";
        if (isAnswer && wanted.has(offset[i] as bigint)) found.add(offset[i] as bigint);
      }
    }
    reader.close();
  }
  return found;
}
