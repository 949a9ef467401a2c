/**
 * kafkajs with its decoder replaced by ours, beside what src/kafka/kafkajs.ts mends. As it comes it makes some six objects and two strings of
 * every record, does not look at checksums, loses the order of headers, forgets what a compacted batch covered, and
 * lets through the first record of an aborted transaction when a fetch starts in the midst of several. Here a fetch
 * becomes one object a record batch, and its records are read by record-batch.ts when their turn comes.
 * The version is pinned exactly, and a test against a real broker sees to it that ours are in use.
 */
import { createRequire } from "node:module";
import { loadKafkajs as loadMended } from "../../src/kafka/kafkajs.ts";
import { LIMITS } from "../../src/limits.ts";
import { giveBack } from "../../src/memory.ts";
import {
  abortedBatches,
  type Decompress,
  holdsRecordBatches,
  type RecordBatch,
  type Room,
  readRecordBatches,
} from "./record-batch.ts";

/** What stands where kafkajs has a message: what it looks at, and the batch. */
export interface FetchedBatch {
  /** The last one: kafkajs goes on after it. */
  readonly offset: string;
  /** Never true: kafkajs would drop it, and its positions with it. */
  readonly isControlRecord: false;
  readonly batch: RecordBatch;
  aborted: boolean;
  /** The answer that the batch came in. */
  readonly answer: FetchAnswer;
}

/** One answer to a fetch. Its partitions lie in one piece of memory and are handled one after the other. */
interface FetchAnswer {
  readonly room: Room;
  readonly bytes: Buffer;
  /** Partitions that were decoded and not handled yet. */
  partitions: number;
}

/**
 * Called once for a partition's batches, when nothing of them is read any more. With the last one the memory of the
 * whole answer is given back at once: megabytes outside V8's heap make its collector run far more often than its own.
 * An answer of which a partition is never handled is left to the collector.
 */
export function handled(messages: readonly { readonly answer?: FetchAnswer }[]): void {
  const answer = messages[0]?.answer;
  if (answer && --answer.partitions === 0) giveBack(answer.bytes);
}

/** What kafkajs's Decoder is, as far as it is used here. */
interface FetchDecoder {
  offset: number;
  readInt32(): number;
  canReadBytes(length: number): boolean;
  readBytes(length: number): Buffer;
}

const DECODE_MESSAGES = "kafkajs/src/protocol/requests/fetch/v4/decodeMessages.js";
const FILTER_ABORTED = "kafkajs/src/consumer/filterAbortedMessages.js";
const INT32_BYTES = 4;

/**
 * The whole module, as `require("kafkajs")` gives it. The replacement holds for the process: kafkajs loads these modules
 * when it first fetches, so an instance apart would get the original ones after all.
 */
export function loadKafkajs(decompress: Decompress): unknown {
  const require = createRequire(import.meta.url);
  const inner = (name: string): NodeJS.Module => {
    require(name);
    return require.cache[require.resolve(name)] as NodeJS.Module;
  };
  const messages = inner(DECODE_MESSAGES);
  messages.exports = decodeMessages(decompress, originalOf(messages.exports));
  inner(FILTER_ABORTED).exports = markAborted;
  return loadMended();
}

type DecodeMessages = ((decoder: FetchDecoder) => Promise<unknown[]>) & { olderFormats?: DecodeMessages };

/** Loaded a second time, the module there is ours already. */
function originalOf(loaded: DecodeMessages): DecodeMessages {
  return loaded.olderFormats ?? loaded;
}

function decodeMessages(decompress: Decompress, olderFormats: DecodeMessages): DecodeMessages {
  // A decoder reads one answer to a fetch, partition after partition, all before the first is handled.
  const answers = new WeakMap<FetchDecoder, FetchAnswer>();
  const decode = async (decoder: FetchDecoder): Promise<unknown[]> => {
    const length = decoder.readInt32();
    if (length <= 0 || !decoder.canReadBytes(length)) return [];
    const bytes = decoder.readBytes(length);
    if (!holdsRecordBatches(bytes)) {
      decoder.offset -= length + INT32_BYTES;
      return olderFormats(decoder);
    }
    const answer = answers.get(decoder) ?? { room: { bytes: LIMITS.fetchUnpackedBytes }, bytes, partitions: 0 };
    answers.set(decoder, answer);
    const batches = await readRecordBatches(bytes, decompress, answer.room);
    if (batches.length > 0) answer.partitions++;
    return batches.map(
      (batch): FetchedBatch => ({
        offset: String(batch.lastOffset),
        isControlRecord: false,
        batch,
        aborted: false,
        answer,
      }),
    );
  };
  return Object.assign(decode, { olderFormats });
}

interface Fetched {
  readonly messages: readonly (FetchedBatch | { readonly batch?: undefined })[];
  readonly abortedTransactions?: readonly { readonly producerId: string; readonly firstOffset: string }[] | null;
}

/** In the place of a filter: everything stays, so that the positions of what is aborted are known. */
function markAborted({ messages, abortedTransactions }: Fetched): Fetched["messages"] {
  const batches = messages.flatMap(({ batch }) => (batch ? [batch] : []));
  const transactions = (abortedTransactions ?? []).map(({ producerId, firstOffset }) => ({
    producerId: BigInt(producerId),
    firstOffset: BigInt(firstOffset),
  }));
  const aborted = abortedBatches(batches, transactions);
  for (const message of messages) if (message.batch) message.aborted = aborted.has(message.batch);
  return messages;
}
