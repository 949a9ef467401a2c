/**
 * Messages that a seed decides, and what must become of each. What is expected is written down beside the
 * message as it is made, from the documents: nothing of the program is asked.
 */
import { createHash } from "node:crypto";
import type { Message } from "../../support/kafka.ts";
import type { Dice } from "./dice.ts";
import { BROKEN, HOSTILE } from "./hostile.ts";

export type Expected =
  | { readonly kind: "captured"; readonly row: string }
  | { readonly kind: "rejected"; readonly row: string }
  | { readonly kind: "sampledOut" }
  | { readonly kind: "tombstone" };

export interface Planned {
  readonly message: Message & { readonly partition: number; readonly timestamp: number };
  readonly expected: Expected;
}

/** Pattern of the models that the config keeps nothing of. */
export const SAMPLED_OUT = "unwanted/*";

const TIME = Date.UTC(2025, 5, 1);

/** `count` messages over `partitions`, in an order of their own. */
export function* plan(random: Dice, count: number, partitions: number, from = 0): Generator<Planned> {
  for (let i = from; i < from + count; i++) {
    const partition = random.int(0, partitions - 1);
    const timestamp = TIME + i * 10;
    const lot = random.next();
    if (lot < 0.03) yield tombstone(i, partition, timestamp);
    else if (lot < 0.08) yield rejected(random, i, partition, timestamp);
    else yield captured(random, i, partition, timestamp, lot);
  }
}

function tombstone(i: number, partition: number, timestamp: number): Planned {
  return { message: { key: `k${i}`, value: null, partition, timestamp }, expected: { kind: "tombstone" } };
}

function captured(random: Dice, i: number, partition: number, timestamp: number, lot: number): Planned {
  const unwanted = lot < 0.12;
  const id = lot < 0.3 ? `ключ-${i}` : `r${i}`;
  const model = unwanted ? "unwanted/m" : `client-${random.int(0, 39)}/m`;
  const input = payload(random, "input", i);
  const output = payload(random, "output", i);
  const members = [text(`"id":${JSON.stringify(id)}`), text(`"model":"${model}"`), ...input.members, ...output.members];
  const capturedAt = random.chance(0.5) ? TIME - i : undefined;
  if (capturedAt !== undefined) members.push(text(`"capturedAt":${capturedAt}`));
  const status = random.pick([undefined, 200, 404, 500]);
  if (status !== undefined) members.push(text(`"status":${status}`));
  const latencyMs = random.pick([undefined, 0, 12.5]);
  if (latencyMs !== undefined) members.push(text(`"latencyMs":${latencyMs}`));
  const attributes = random.chance(0.3) ? `{"a": "${i}",  "b":"\\u00e9"}` : null;
  if (attributes !== null) members.push(text(`"attributes":${attributes}`));
  if (random.chance(0.2)) members.push(text(`"other":{"id":"no","input":[${i}.0]}`));
  const value = join(random.shuffle(members), random.chance(0.2) ? " \n" : "");
  const row = rowText({
    id,
    model,
    capturedAt: capturedAt ?? timestamp,
    capturedAtFromMessage: capturedAt === undefined,
    input: sha256(input.bytes),
    inputType: input.type,
    output: sha256(output.bytes),
    outputType: output.type,
    status: status ?? 200,
    latencyMs: latencyMs ?? null,
    attributes,
  });
  const key = random.chance(0.5) ? { key: `k${i}` } : {};
  const expected: Expected = unwanted ? { kind: "sampledOut" } : { kind: "captured", row };
  return { message: { ...key, value, partition, timestamp }, expected };
}

interface Payload {
  readonly members: readonly Buffer[];
  /** What must stand in the column. */
  readonly bytes: Buffer;
  readonly type: string;
}

function payload(random: Dice, name: "input" | "output", i: number): Payload {
  const lot = random.next();
  const json = "application/json";
  if (lot < 0.15) {
    const bytes = random.pick(HOSTILE);
    return { members: [Buffer.concat([text(`"${name}":`), bytes])], bytes, type: json };
  }
  if (lot < 0.18) {
    const members = [text(`"${name}":"a\\n\\u00e9\\ud83d\\ude00,${i}"`), text(`"${name}Type":"text/csv"`)];
    return { members, bytes: text(`a\né😀,${i}`), type: "text/csv" };
  }
  if (lot < 0.21) {
    const bytes = Buffer.from(Array.from({ length: random.int(0, 90) }, () => random.int(0, 255)));
    const type = "application/octet-stream";
    return {
      members: [text(`"${name}_base64":"${bytes.toString("base64")}"`), text(`"${name}Type":"${type}"`)],
      bytes,
      type,
    };
  }
  const size = lot < 0.9 ? random.int(0, 900) : lot < 0.997 ? random.int(900, 9_000) : random.int(20_000, 300_000);
  const bytes = text(`{"n": ${i}.0, "text":"${"x".repeat(size)}"}`);
  return { members: [Buffer.concat([text(`"${name}":`), bytes])], bytes, type: json };
}

function rejected(random: Dice, i: number, partition: number, timestamp: number): Planned {
  const [reason, make] = random.pick(BROKEN);
  const value = Buffer.from(make(i));
  const key = random.chance(0.5) ? text(`k${i}`) : undefined;
  const names = random.chance(0.5) ? ["trace-id", "x"] : [];
  const headers = Object.fromEntries(names.map((name) => [name, text(`${name}\u00e9${i}`)]));
  const row = rowText({
    reason,
    key: key === undefined ? null : sha256(key),
    value: sha256(value),
    headers: JSON.stringify(Object.entries(headers).map(([name, bytes]) => [name, bytes.toString("base64")])),
    timestamp,
  });
  return {
    message: { value, partition, timestamp, headers, ...(key === undefined ? {} : { key }) },
    expected: { kind: "rejected", row },
  };
}

/** One row in a form that two readings can be held against each other in. */
export function rowText(row: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(row, (_name, value: unknown) => (typeof value === "bigint" ? Number(value) : value));
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function text(content: string): Buffer {
  return Buffer.from(content);
}

function join(members: readonly Buffer[], space: string): Buffer {
  const parts: Buffer[] = [text(`${space}{`)];
  members.forEach((member, i) => {
    parts.push(text(i === 0 ? space : `${space},${space}`), member);
  });
  return Buffer.concat([...parts, text(`${space}}${space}`)]);
}
