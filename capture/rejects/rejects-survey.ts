/** What would become of rejected messages under the mapping as it is now. */
import type { MapSettings } from "../../src/config/schema.ts";
import { formatPosition, type RejectReason } from "../../src/record.ts";
import type { Store } from "../../src/store/port.ts";
import { createMapper } from "../mapping/mapping.ts";
import type { PartitionId } from "../port.ts";
import { namedRejects, type RejectedMessage, rejectedMessages } from "./rejects.ts";

export interface RereadSums {
  /** Rejected messages that were not read again before. */
  messages: number;
  /** Of these, those that the mapping takes now. */
  records: number;
  /** By the reason for which they were rejected. */
  readonly reasons: Partial<Record<RejectReason, { messages: number; records: number }>>;
  /** Those that are rejected as before, by the reason of today, each with an example. */
  readonly still: Partial<Record<RejectReason, { messages: number; example: string; detail: string }>>;
}

/** The rejects of one partition that wait, and where they begin and end. */
export interface Waiting extends RereadSums {
  readonly source: PartitionId;
  /** First position to read, and the one after the last; equal when there are none. */
  readonly from: bigint;
  readonly to: bigint;
}

export interface SurveyOptions {
  readonly store: Store;
  readonly map: MapSettings;
  readonly signal: AbortSignal;
  /** Called with the messages of each row group read. */
  readonly onRead: (messages: number) => void;
}

export function emptySums(): RereadSums {
  return { messages: 0, records: 0, reasons: {}, still: {} };
}

/** Maps what waits of one partition. `next`: the position that its ledger goes on at; 0 when it has none yet. */
export async function surveyRejects(
  source: PartitionId,
  next: bigint,
  { store, map, signal, onRead }: SurveyOptions,
): Promise<Waiting> {
  const mapper = createMapper(map);
  const sums = emptySums();
  let from: bigint | undefined = next === 0n ? undefined : next;
  let to = next;
  for await (const object of namedRejects(store, source, { from: next }, signal)) {
    // A ledger of its own starts where the first rejects do, which stays so: ranges before them are taken.
    from ??= object.id.first;
    to = object.id.last + 1n;
    for await (const messages of rejectedMessages(store, object, signal)) {
      const waiting = messages.filter(({ offset }) => offset >= next);
      for (const message of waiting) count(sums, source, message, mapper.map(message));
      onRead(waiting.length);
    }
  }
  return { source, from: from ?? next, to, ...sums };
}

function count(
  sums: RereadSums,
  source: PartitionId,
  { reason, offset }: RejectedMessage,
  rejection: { readonly reason: RejectReason; readonly detail: string } | undefined,
): void {
  const before = sums.reasons[reason] ?? { messages: 0, records: 0 };
  sums.reasons[reason] = before;
  sums.messages++;
  before.messages++;
  if (!rejection) {
    sums.records++;
    before.records++;
    return;
  }
  const example = formatPosition({ log: source.log, partition: source.partition, offset });
  const still = sums.still[rejection.reason] ?? { messages: 0, example, detail: rejection.detail };
  sums.still[rejection.reason] = still;
  still.messages++;
}

/** Adds the sums of one partition to those of all. */
export function addSums(all: RereadSums, one: RereadSums): void {
  all.messages += one.messages;
  all.records += one.records;
  for (const [name, { messages, records }] of Object.entries(one.reasons)) {
    const sum = all.reasons[name as RejectReason] ?? { messages: 0, records: 0 };
    all.reasons[name as RejectReason] = sum;
    sum.messages += messages;
    sum.records += records;
  }
  for (const [name, still] of Object.entries(one.still)) {
    const reason = name as RejectReason;
    const known = all.still[reason];
    if (known) known.messages += still.messages;
    else all.still[reason] = { ...still };
  }
}
