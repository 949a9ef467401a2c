/** What a comparison judged: the pinned captures, and the replays as a listing shows them. */
import { canonicalJson, sha256Hex } from "../src/hash.ts";
import {
  bucketSkipsPrefix,
  captureKey,
  parseCommitKey,
  replaysPrefix,
  sequenceKey,
  skipsKey,
} from "../src/lake/keys.ts";
import type { Run } from "../src/lake/run.ts";
import type { ObjectInfo, Store } from "../src/store/port.ts";
import type { Problem, Summary } from "./summary.ts";
import type { Unit } from "./unit.ts";

export interface Inputs {
  /** One a pinned object, in the order of run.json. */
  readonly units: readonly Unit[];
  /** Objects under replays/ that are no answers to this run's selection. */
  readonly problems: readonly Problem[];
  readonly digest: Summary["inputs"];
}

/** Lists the answers of a run. Reads no object, so a gate can ask whether anything changed. */
export async function listInputs(store: Store, run: Run, signal: AbortSignal): Promise<Inputs> {
  const byObject = new Map<string, { info: ObjectInfo; bucket: number; n: number }[]>(
    run.objects.map(({ key }) => [key, []]),
  );
  const problems: Problem[] = [];
  const lines: string[] = [];
  for await (const info of store.list(replaysPrefix(run.run), { signal })) {
    lines.push(`${info.key}\t${info.size}\t${info.etag}`);
    const commit = parseCommitKey(info.key);
    const unit = commit && byObject.get(captureKey(commit));
    if (unit) unit.push({ info, bucket: commit.bucket, n: commit.n });
    else problems.push({ place: info.key, message: "answers to an object that the run did not pin" });
  }
  const skips = await store.head(skipsKey(run.run), signal);
  if (skips) lines.push(`${skips.key}\t${skips.size}\t${skips.etag}`);
  for await (const { key, size, etag } of store.list(bucketSkipsPrefix(run.run), { signal }))
    lines.push(`${key}\t${size}\t${etag}`);
  const sequence = await store.head(sequenceKey(run.run), signal);
  if (sequence) lines.push(`${sequence.key}\t${sequence.size}\t${sequence.etag}`);
  const units = run.objects.map((object): Unit => {
    const commits = (byObject.get(object.key) ?? []).sort((a, b) => a.bucket - b.bucket || a.n - b.n);
    return { object, commits: commits.map(({ info }) => info) };
  });
  const digest = { captures: sha256Hex(canonicalJson(run)), replays: sha256Hex(lines.join("\n")) };
  return { units, problems, digest };
}
