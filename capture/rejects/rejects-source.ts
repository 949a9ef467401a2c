/**
 * Rejected messages as a source, once the mapping is mended. Those of a log become a log of their own
 * (`src/lake/reread.ts`), in which each message stands at its old partition and offset; between them positions are
 * absent. So the ledger of the log they were rejected from stays as it was, the new one is a ledger like any other,
 * and what was read again is not read a second time.
 *
 * What still cannot become a record is rejected again, under the new log, and waits there for the next mending.
 * A partition of which nothing would become a record is left alone: however often this runs, a message is copied
 * only together with one that was saved.
 */
import { rereadLog, rereadParents } from "../../src/lake/reread.ts";
import type { Store } from "../../src/store/port.ts";
import type { LedgerView, PartitionId, PartitionSink, Source, SourceContext } from "../port.ts";
import { namedRejects, rejectedMessages, rejectPartitions } from "./rejects.ts";
import { addSums, type RereadSums, type SurveyOptions, surveyRejects, type Waiting } from "./rejects-survey.ts";

/** No log ends before what is captured of its rejects: they are in the store. */
const NO_END = 2n ** 63n - 1n;

/** All rejects that wait, partition by partition: first what a mending before this one left. */
export async function* waitingRejects(ledger: LedgerView, options: SurveyOptions): AsyncGenerator<Waiting> {
  for (const source of oldestLast(await rejectPartitions(options.store, options.signal))) {
    const { next } = await ledger.resume(targetOf(source), { low: 0n, high: NO_END });
    const waiting = await surveyRejects(source, next, options);
    if (waiting.messages > 0) yield waiting;
  }
}

/** Adds to `sums` what it finds. Resolves with what to tell. */
export function rejectsSource(options: SurveyOptions, sums: RereadSums): Source {
  return async (context) => {
    try {
      for await (const waiting of waitingRejects(context.ledger, { ...options, signal: context.stop })) {
        addSums(sums, waiting);
        if (waiting.records > 0) await readAgain(options.store, waiting, context);
      }
    } finally {
      await context.drain();
    }
    return "read the rejected messages again";
  };
}

/** A message that fails again here must not be read once more in the same run: logs of rejects come before their own. */
function oldestLast(partitions: readonly PartitionId[]): PartitionId[] {
  const parents = rereadParents(partitions.map(({ log }) => log));
  const depth = (log: string): number => {
    const parent = parents.get(log);
    return parent === undefined ? 0 : depth(parent) + 1;
  };
  return [...partitions].sort((a, b) => depth(b.log) - depth(a.log));
}

function targetOf({ log, partition }: PartitionId): PartitionId {
  return { log: rereadLog(log), partition };
}

async function readAgain(store: Store, waiting: Waiting, context: SourceContext): Promise<void> {
  const { sink: recorder, stop } = context;
  let moved = false;
  const from = { next: waiting.from, readableFrom: waiting.from };
  const sink = recorder.open(targetOf(waiting.source), from, {
    durable: async () => {},
    moved: () => {
      moved = true;
    },
  });
  const isMoved = (): boolean => {
    stop.throwIfAborted();
    return moved;
  };
  // Another writer may move the partition while we read: then it is read again from there.
  do {
    moved = false;
    await offerAll(store, waiting, sink, context, isMoved);
    await recorder.flush();
  } while (isMoved());
}

/** Offers every message from the sink's position on, up to the end of the last object, or until the sink is moved. */
async function offerAll(
  store: Store,
  { source, to }: Waiting,
  sink: PartitionSink,
  { sink: recorder, stop }: SourceContext,
  isMoved: () => boolean,
): Promise<void> {
  for await (const object of namedRejects(store, source, { from: sink.next, to }, stop)) {
    for await (const messages of rejectedMessages(store, object, stop)) {
      // No await between these two: messages offered after a move would count what was dropped as absent.
      if (isMoved()) return;
      for (const message of messages) sink.accept(message);
      await recorder.room();
    }
    if (isMoved()) return;
    sink.skipTo(object.id.last + 1n);
  }
}
