import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Fields } from "../../../compare/accumulate/fields.ts";
import { RunTally } from "../../../compare/accumulate/tally.ts";
import { Versions } from "../../../compare/accumulate/versions.ts";
import type { GroupKey } from "../../../compare/group-key.ts";
import { Groups } from "../../../compare/groups.ts";
import { decodeDocument, encodeDocument } from "../../../compare/parts/document.ts";
import { decodeTally, encodeTally, encodeTallyPieces } from "../../../compare/parts/encoding.ts";
import { isCutoverError } from "../../../src/errors.ts";
import { add, bytesOf, facts, LIMITS, type PairFact } from "../tally-facts.ts";

const again = (tally: RunTally): RunTally => decodeTally(encodeTally(tally), "here", LIMITS);

function tallyOf(some: Iterable<[number, PairFact]>, into = new RunTally(LIMITS)): RunTally {
  for (const [at, fact] of some) add(into, at, fact);
  return into;
}

/** A group of its own for each number. */
const keyAt = (at: number): GroupKey => ({
  path: "$.x",
  kind: "value",
  rule: "exact",
  direction: "up",
  magnitude: `${at}`,
  template: "none",
});

describe("a stored tally", () => {
  test("is the tally: its bytes, its summary, and what comes of pairs added afterwards", () => {
    fc.assert(
      fc.property(facts, facts, (before, after) => {
        const later = [...after.entries()].map(([at, fact]): [number, PairFact] => [at + before.length, fact]);
        const tally = tallyOf(before.entries());
        const read = again(tally);
        expect(encodeTally(read)).toEqual(encodeTally(tally));
        expect(bytesOf(read, before)).toBe(bytesOf(tally, before));
        tallyOf(later, tally);
        expect(bytesOf(tallyOf(later, read), [...before, ...after])).toBe(bytesOf(tally, [...before, ...after]));
        expect(encodeTally(read)).toEqual(encodeTally(tally));
      }),
      { numRuns: 150 },
    );
  });

  test("merges as the tally does: stored partials of any partition in any order give the bytes of one process", () => {
    fc.assert(
      fc.property(facts, fc.array(fc.nat(), { minLength: 1 }), fc.integer({ min: 1, max: 5 }), (all, turns, parts) => {
        const turn = (at: number): number => turns[at % turns.length] as number;
        const whole = tallyOf(all.entries());
        const split = Array.from({ length: parts }, () => new RunTally(LIMITS));
        for (const [at, fact] of all.entries()) add(split[turn(at) % parts] as RunTally, at, fact);
        const stored = split.map(encodeTally).sort((a, b) => turn(a.length) - turn(b.length));
        const merged = new RunTally(LIMITS);
        for (const bytes of stored) merged.merge(decodeTally(bytes, "here", LIMITS));
        expect(bytesOf(merged, all)).toBe(bytesOf(whole, all));
        expect(encodeTally(merged)).toEqual(encodeTally(whole));
        // Merged in twos, and stored again at each step.
        const folded = split.map(again).reduceRight((right, left) => {
          left.merge(again(right));
          return again(left);
        });
        expect(encodeTally(folded)).toEqual(encodeTally(whole));
      }),
      { numRuns: 150 },
    );
  });

  test("merges in pieces as it does whole", () => {
    let most = 0;
    fc.assert(
      fc.property(facts, facts, fc.integer({ min: 1, max: 3 }), (some, others, each) => {
        const later = [...others.entries()].map(([at, fact]): [number, PairFact] => [at + some.length, fact]);
        const [own, other] = [tallyOf(some.entries()), tallyOf(later)];
        other.strays = others.length;
        const whole = again(own);
        whole.merge(other);
        const pieces = encodeTallyPieces(other, each);
        most = Math.max(most, pieces.length);
        for (const piece of pieces) own.merge(decodeTally(piece, "here", LIMITS));
        expect(encodeTally(own)).toEqual(encodeTally(whole));
      }),
      { numRuns: 150 },
    );
    expect(most).toBeGreaterThan(1);
  });

  test("is nothing that the tally goes on changing", () => {
    const tally = new RunTally(LIMITS);
    const fact: PairFact = { model: "a", version: "v1", kind: "mismatch", field: "$.a", ms: 1, cold: false };
    add(tally, 1, fact);
    const stored = tally.toStored();
    const text = JSON.stringify(stored);
    const read = RunTally.fromStored(stored, LIMITS);
    for (const at of [2, 10, 19]) for (const each of [tally, read]) add(each, at, fact);
    expect(JSON.stringify(stored)).toBe(text);
  });

  test("keeps its floor and levels: a partial that coarsened makes the whole coarsen", () => {
    const keyed = (from: number, count: number): RunTally => {
      const tally = new RunTally({ ...LIMITS, perModel: 3, perRun: 100 });
      for (let at = from; at < from + count; at++) {
        tally.groups.add("m", keyAt(at), 1, []);
      }
      return tally;
    };
    const many = decodeTally(encodeTally(keyed(0, 4)), "here", { ...LIMITS, perModel: 3, perRun: 100 });
    const few = keyed(9, 1);
    few.merge(many);
    expect(few.groups.ofModel("m").map(({ group }) => [group.key.magnitude, group.count])).toEqual([["*", 5]]);
  });

  test("of another version is told as such", () => {
    const other = encodeDocument({ version: 999, tally: new RunTally().toStored() });
    expect(() => decodeTally(other, "here")).toThrow(/another version/);
  });
});

describe("each accumulator", () => {
  test("goes on from its stored form as it would have: groups", () => {
    const names = fc.array(fc.tuple(fc.constantFrom("a", "b", "c"), fc.nat({ max: 4 })), {
      minLength: 8,
      maxLength: 40,
    });
    let floors = 0;
    fc.assert(
      fc.property(names, (all) => {
        const groups = new Groups(LIMITS);
        for (const [model, at] of all) {
          groups.add(model, keyAt(at), 1, []);
        }
        const stored = JSON.parse(JSON.stringify(groups.toStored()));
        if (stored.floor > 0) floors++;
        expect(Groups.fromStored(stored, LIMITS).toStored()).toEqual(stored);
      }),
    );
    expect(floors).toBeGreaterThan(0);
  });

  test("goes on from its stored form as it would have: versions", () => {
    const names = fc.array(fc.tuple(fc.constantFrom(..."abcdefg"), fc.boolean()));
    fc.assert(
      fc.property(names, names, (before, after) => {
        const whole = new Versions(3);
        for (const [name, mismatch] of before) whole.add(name, mismatch);
        const read = Versions.fromStored(JSON.parse(JSON.stringify(whole.toStored())), 3);
        for (const each of [whole, read]) for (const [name, mismatch] of after) each.add(name, mismatch);
        expect(read.entries()).toEqual(whole.entries());
      }),
    );
  });

  test("goes on from its stored form as it would have: fields", () => {
    const fields = fc.array(fc.constantFrom(..."abcdefgh"), { maxLength: 20 });
    const count = (into: Fields, names: readonly string[]): void => {
      for (const name of names) {
        const ignored = [{ field: `$.${name}`, kind: "value" as const }];
        const finding = { field: `$.${name}`, path: `$.${name}`, rule: "exact", kind: "type" } as never;
        into.addPair({ ignored } as never, [{ finding, key: {} as never, waiver: null }]);
      }
    };
    fc.assert(
      fc.property(fields, fields, (before, after) => {
        const whole = new Fields(4);
        count(whole, before);
        const read = Fields.fromStored(JSON.parse(JSON.stringify(whole.toStored())), 4);
        for (const each of [whole, read]) count(each, after);
        expect(read.toStored()).toEqual(whole.toStored());
      }),
    );
  });
});

describe("a document", () => {
  test("comes back as it was, whatever texts it holds", () => {
    const text = fc.string({ unit: "binary" });
    const documents = fc.record({
      one: fc.oneof(text, fc.constant("\ud800x\udc00"), fc.integer(), fc.constant(null)),
      list: fc.array(fc.oneof(text, fc.array(text), fc.record({ a: text }), fc.constant(null))),
      inner: fc.record({
        empty: fc.constant({}),
        none: fc.constant([]),
        list: fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }).filter((n) => !Object.is(n, -0))),
      }),
    });
    fc.assert(
      fc.property(documents, (document) => {
        expect(decodeDocument(encodeDocument(document), "here")).toEqual(document);
      }),
    );
  });

  test("of several pieces comes back as it was", () => {
    const list = Array.from({ length: 5_000 }, (_, at) => ({ at, text: `${at} `.repeat(100) }));
    const bytes = encodeDocument({ list, end: 1 });
    expect(new DataView(bytes.buffer).getUint32(0, true)).toBeGreaterThan(1);
    expect(decodeDocument(bytes, "here")).toEqual({ list, end: 1 });
  });

  const bytes = encodeDocument({ list: Array.from({ length: 100 }, (_, at) => at), end: 1 });

  test("cut short anywhere is refused", () => {
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decodeDocument(bytes.subarray(0, length), "there"), `${length}`).toThrow(/cannot be read/);
    }
  });

  test("with any byte changed is refused, or is the same all the same", () => {
    for (let at = 0; at < bytes.length; at++) {
      const bad = bytes.slice();
      bad[at] = (bad[at] as number) ^ 0x55;
      try {
        expect(decodeDocument(bad, "there")).toEqual(decodeDocument(bytes, "here"));
      } catch (error) {
        if (!isCutoverError(error, "PARQUET_CORRUPT")) throw error;
      }
    }
  });
});
