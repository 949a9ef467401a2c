/** Peer: kafkajs `eachBatch`, count and drop. What the client alone costs. */
import { consumeAll } from "./consume.ts";

const { seconds, records } = await consumeAll(() => undefined);
process.stdout.write(`${JSON.stringify({ seconds, records })}\n`);
