/**
 * Sabotage: one thing broken, and the kinds of fault that must see it. A suite that finds nothing in these
 * finds nothing at all.
 */
import { lieOnce } from "./kinds/answers.ts";
import { kill } from "./kinds/kill.ts";
import type { Kind } from "./kinds/kind.ts";
import { killAt, type Moment } from "./kinds/moments.ts";
import { offsets } from "./kinds/offsets.ts";
import { fight, twins } from "./kinds/twins.ts";
import { zombie } from "./kinds/zombie.ts";
import type { Edit } from "./lib/tree.ts";

export interface Mutation {
  readonly name: string;
  readonly edits: readonly Edit[];
  readonly kind: Kind;
}

const TRUST: Edit = {
  file: "capture/ranges/resume.ts",
  find: "const chain = (await hintedChain(store, id, hint))",
  replace: `if (hint && hint.offset >= 0n) {
    const readableFrom = bounds.low > hint.offset ? bounds.low : hint.offset;
    return { next: hint.offset, readableFrom };
  }
  const chain = (await hintedChain(store, id, hint))`,
};

const killedAt = (moment: Moment): Kind => ({
  name: "moments",
  run: (trial) => killAt(trial, moment, trial.random.int(2, 5)),
});

export const MUTATIONS: readonly Mutation[] = [
  {
    name: "the offset is committed before the put, and trusted",
    edits: [
      TRUST,
      {
        file: "capture/ranges/recorder.ts",
        find: "const commit = await this.#recorder.write(range)",
        replace: `await this.#events.durable(range.next - 1n, "");
    await new Promise((resolve) => setTimeout(resolve, 50));
    const commit = await this.#recorder.write(range)`,
      },
    ],
    kind: killedAt("before the put"),
  },
  {
    name: "the put of a capture object is not conditional",
    edits: [{ file: "capture/ranges/ledger.ts", find: "{ ifAbsent: true, ...(metadata", replace: "{ ...(metadata" }],
    kind: zombie,
  },
  {
    name: "payloads are parsed and printed",
    edits: [
      {
        file: "capture/mapping/field-reader.ts",
        find: "isJsonType(type)) return this.#bytes.subarray(from, to);",
        replace: `isJsonType(type)) {
      return Buffer.from(JSON.stringify(JSON.parse(Buffer.from(this.#bytes.subarray(from, to)).toString())));
    }`,
      },
    ],
    kind: kill,
  },
  {
    name: "a committed offset is trusted without the ledger",
    edits: [TRUST],
    kind: offsets,
  },
  {
    name: "a 412 counts as our own write",
    edits: [
      {
        file: "capture/ranges/ledger.ts",
        find: 'return { kind: "taken", key, next: BigInt(theirs.last) + 1n };',
        replace: 'return { kind: "written", key, footer, bytes: body.byteLength, objects: 1 };',
      },
    ],
    kind: twins,
  },
  {
    name: "after a 412 what was buffered is written all the same",
    edits: [
      {
        file: "capture/ranges/recorder.ts",
        find: "this.#generation++;\n    this.#range.release();\n    this.#range =",
        replace: "this.#range.release();\n    this.#range =",
      },
    ],
    kind: twins,
  },
  {
    name: "after a failed write the next range is written",
    edits: [{ file: "capture/ranges/recorder.ts", find: "this.#storeFailed = true;", replace: "" }],
    kind: { name: "lies", run: async (trial) => void (await lieOnce(trial, "put", trial.random.int(2, 8))) },
  },
  {
    name: "a capture object is written while its rejects are on their way",
    edits: [
      {
        file: "capture/ranges/ledger.ts",
        find: "const info = await store.put(key, body);",
        replace: "const info = { size: body.byteLength };\n  store.put(key, body).catch(() => {});",
      },
    ],
    kind: killedAt("rejects on their way"),
  },
  {
    name: "after an unanswered put a 412 is taken for our own without a look",
    edits: [
      {
        file: "src/store/s3.ts",
        find: "if (info?.size !== body.byteLength) throw exists;\n    if (Buffer.compare(await this.get(key, undefined, signal), body) !== 0) throw exists;",
        replace: "if (info === undefined || key === PROBE_KEY) throw exists;",
      },
    ],
    kind: { name: "twins", run: (trial) => fight(trial, { failing: 0.5 }) },
  },
  {
    name: "a local store overwrites",
    edits: [
      {
        file: "src/store/local.ts",
        find: "(options.ifAbsent ? linkNew(io, temp, path, key) : rename(temp, path))",
        replace: "(options.ifAbsent && key.startsWith('.') ? linkNew(io, temp, path, key) : rename(temp, path))",
      },
    ],
    kind: { name: "twins", run: (trial) => fight(trial, { local: true }) },
  },
];
