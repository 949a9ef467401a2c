/** Compare as a worker does it: units of whatever comparison they are, each with its part and its diffs. */
import { CutoverError, isCutoverError, messageOf } from "../../src/errors.ts";
import { LIMITS } from "../../src/limits.ts";
import type { Work, WorkBatch } from "../../src/queue/work.ts";
import type { Session } from "../../src/session.ts";
import { RunTally } from "../accumulate/tally.ts";
import type { Unit } from "../unit.ts";
import { type Asked, partKeyOf, readAsked, unitDigests } from "./asked.ts";
import { putPart } from "./part.ts";
import { withoutFaults } from "./share.ts";
import { createUnitJudges, type UnitJudges } from "./unit-judges.ts";
import type { UnitThreadData, UnitToJudge } from "./unit-thread.ts";

/** Documents kept in memory: one of a month names thousands of objects. */
const ASKED_KEPT = 2;

interface Opened {
  readonly asked: Asked;
  /** By the key of the capture object. */
  readonly units: ReadonlyMap<string, UnitToJudge>;
}

export async function openUnitComparer(session: Session): Promise<Work> {
  const { store, log } = session;
  const judges = createUnitJudges((message, fields) => log.warn(message, fields));
  const documents = new Map<string, Promise<Opened | undefined>>();
  const documentOf = (key: string): Promise<Opened | undefined> => {
    const known = documents.get(key) ?? open(session, key);
    // Behind all others: the first is the one that was of no use for longest.
    documents.delete(key);
    documents.set(key, known);
    known.then(
      // Not there now is no reason why it should not be there later.
      (found) => found ?? documents.delete(key),
      () => documents.delete(key),
    );
    for (const oldest of documents.keys()) {
      if (documents.size <= ASKED_KEPT) break;
      documents.delete(oldest);
    }
    return known;
  };
  return {
    requestMs: 0,
    async run(batch) {
      const { asked: key } = batch;
      const opened = key === undefined ? undefined : await documentOf(key);
      if (key === undefined || opened === undefined) {
        log.warn("units of a comparison that nobody waits for any more were passed over", {
          run: batch.run,
          units: batch.keys.length,
        });
        return true;
      }
      for (const name of batch.keys) {
        const unit = opened.units.get(name);
        if (batch.stop.aborted || !batch.mayTry()) return false;
        if (unit === undefined || (await store.head(unit.key))) continue;
        if (!(await judgeUnit(session, judges, { key, opened, unit }, batch))) return false;
      }
      return true;
    },
    close: judges.close,
  };
}

async function open({ store, version }: Session, key: string): Promise<Opened | undefined> {
  const asked = await readAsked(store, key);
  if (asked === undefined) return undefined;
  if (asked.tool !== version) {
    throw new CutoverError("SCHEMA_VERSION", "a comparison was asked for by another version of cutover", {
      place: key,
      expected: `version ${version}, that of this worker`,
      received: `version ${asked.tool}`,
      hint: "run workers of the same version as the command",
    });
  }
  const digests = unitDigests(asked);
  const units = asked.units.map((unit, at): [string, UnitToJudge] => {
    const digest = digests[at] as string;
    return [unit.object.key, { unit, digest, key: partKeyOf(asked, unit, digest) }];
  });
  return { asked, units: new Map(units) };
}

/** A unit at which its thread fails by a bug costs the comparison its green, and not the workers their life, one after the other. */
async function judgeUnit(
  session: Session,
  judges: UnitJudges,
  { key, opened, unit }: { readonly key: string; readonly opened: Opened; readonly unit: UnitToJudge },
  batch: WorkBatch,
): Promise<boolean> {
  try {
    return await judges.judge(key, () => threadData(session, opened.asked), unit, batch.mayTry);
  } catch (error) {
    if (isCutoverError(error)) throw error;
    if (batch.stop.aborted) return false;
    session.log.error("a unit could not be judged, which is a bug", {
      object: unit.unit.object.key,
      error: messageOf(error),
    });
    if (!batch.mayTry()) return false;
    await putPart(session.store, unit.key, failedPart(unit, error));
    return true;
  }
}

function failedPart({ unit, digest }: UnitToJudge, error: unknown): Parameters<typeof putPart>[2] {
  const { key: place, selected: unreadable }: Unit["object"] = unit.object;
  const problems = [{ place, message: `judging it failed: ${messageOf(error)}` }];
  return { digest, diffs: [], problems, unreadable, tally: new RunTally() };
}

/** Rules and waivers of who asks, and of this worker's config the way to the store and the modules of custom rules. */
function threadData({ config, store }: Session, asked: Asked): UnitThreadData {
  for (const [name, sha256] of Object.entries(asked.modules)) {
    const found = config.ruleModules?.[name]?.sha256;
    if (found === sha256) continue;
    throw new CutoverError(
      "CONFIG",
      `the module ${name} of custom rules is another here than where the comparison was asked for`,
      {
        place: "models",
        expected: `sha256 ${sha256}`,
        received: found ? `sha256 ${found}` : "none that the config of this worker names",
        hint: "start workers with the config and the modules of the command",
      },
    );
  }
  const bufferBytes = Math.floor(LIMITS.compareBufferBytes / LIMITS.compareThreads);
  return {
    order: { ...asked.judge, writes: true, bufferBytes },
    config: { ...withoutFaults(config), ...asked.config },
    store: store.url,
  };
}
