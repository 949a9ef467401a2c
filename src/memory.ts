/** V8's settings that keep the memory of a long run as small as that of a short one. */
import { getHeapSpaceStatistics, setFlagsFromString } from "node:v8";

/**
 * Keeps the young generation at its first size, and lets the old one grow by 60 % at most between two full
 * collections. By itself V8 doubles the first up to 32 MiB, three times over, and lets the second grow to a multiple,
 * the longer a run goes on. Comparing 100 k and 1 M pairs: 242 and 375 MB without, 176 and 214 MB with the first
 * flag, 175 and 178 MB with both, in the same time. Flags work only before the heap has grown, so this comes first.
 */
export function keepHeapSmall(): void {
  setFlagsFromString("--semi-space-growth-factor=1");
  setFlagsFromString("--heap-growing-percent=60");
}

/**
 * Lets the heap grow further between two full collections. What passes through capture lies outside V8's heap, and V8
 * counts it against the room that 60 % of a heap of 25 MB leaves: 53 full collections for 600 k messages, 15 with this,
 * which is a fifth of all CPU, for 36 MB more at the peak (318 to 354).
 */
export function letHeapGrow(): void {
  setFlagsFromString("--heap-growing-percent=400");
}

const MIB = 1024 ** 2;
/** Of them, many times what makes the young generation grow survives. */
const SURVIVORS = 200_000;

/**
 * Makes the young generation large in one step, for a stage that is busy: objects that live as long as a message are then
 * collected at a fraction of the cost. `mib`: each of its two halves, of which it has 1 by itself. With 8, a capture takes
 * 9 % less CPU (medians of six runs in turn: 9.4 and 8.6 s) for 28 MB; with 32, a replay collects half as often and takes
 * no less (8.0 and 8.3 s, three runs in turn): it no longer fits the processor's cache. V8 makes it small again when
 * little is going on. By itself it grows only when objects survive in it, which those that pass through a stage hardly
 * do: the ones here do.
 */
export function growYoungGeneration(mib: number): void {
  const wanted = 2 * mib * MIB;
  const factor = Math.ceil(wanted / Math.max(2 * MIB, youngBytes()));
  if (factor <= 1) return;
  setFlagsFromString(`--semi-space-growth-factor=${factor}`);
  const survivors: object[] = [];
  for (let i = 0; i < SURVIVORS && (i % 1_000 > 0 || youngBytes() < wanted); i++) survivors.push({ i });
  setFlagsFromString("--semi-space-growth-factor=1");
}

/** Of both halves, once it has grown; at its first size V8 tells of one. */
function youngBytes(): number {
  return getHeapSpaceStatistics().find(({ space_name }) => space_name === "new_space")?.space_size ?? 0;
}

/**
 * Gives memory back at once that the caller alone uses; the bytes are empty after. Buffers lie outside V8's heap,
 * where it lets tens of megabytes of garbage gather before it looks. What lies in Node's shared pool stays.
 */
export function giveBack({ buffer }: Uint8Array): void {
  if (buffer.byteLength !== Buffer.poolSize && buffer instanceof ArrayBuffer) buffer.transfer(0);
}
