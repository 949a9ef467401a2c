import fc from "fast-check";
import { expect, test } from "vitest";
import { RunTally } from "../../compare/accumulate/tally.ts";
import { Versions } from "../../compare/accumulate/versions.ts";
import { add, bytesOf, facts, LIMITS } from "./tally-facts.ts";

test("merging is associative and commutative: any split in any order gives the same summary, byte for byte", () => {
  fc.assert(
    fc.property(facts, fc.integer({ min: 1, max: 5 }), fc.nat(), (all, parts, turn) => {
      const whole = new RunTally(LIMITS);
      for (const [at, fact] of all.entries()) add(whole, at, fact);
      const wanted = bytesOf(whole, all);
      const split = (): RunTally[] => {
        const some = Array.from({ length: parts }, () => new RunTally(LIMITS));
        for (const [at, fact] of [...all.entries()].reverse()) add(some[(at + turn) % parts] as RunTally, at, fact);
        return some;
      };
      const merge = (into: RunTally, from: RunTally): RunTally => {
        into.merge(from);
        return into;
      };
      expect(bytesOf(split().reduce(merge, new RunTally(LIMITS)), all)).toBe(wanted);
      expect(bytesOf(split().reverse().reduce(merge, new RunTally(LIMITS)), all)).toBe(wanted);
      // From the right: ((a (b (c d))).
      expect(
        bytesOf(
          split().reduceRight((right, left) => merge(left, right)),
          all,
        ),
      ).toBe(wanted);
    }),
    { numRuns: 150 },
  );
});

test("versions beyond the limit are one, the same in any order and any split", () => {
  const names = fc.array(fc.tuple(fc.constantFrom(..."abcdefg"), fc.boolean()));
  fc.assert(
    fc.property(names, fc.integer({ min: 1, max: 3 }), (all, parts) => {
      const whole = new Versions(3);
      for (const [name, mismatch] of all) whole.add(name, mismatch);
      const split = Array.from({ length: parts }, () => new Versions(3));
      for (const [at, [name, mismatch]] of [...all].reverse().entries()) split[at % parts]?.add(name, mismatch);
      const merged = new Versions(3);
      for (const part of split) merged.merge(part);
      expect(merged.entries()).toEqual(whole.entries());
      expect(merged.entries().length).toBeLessThanOrEqual(4);
      expect(merged.entries().reduce((sum, [, { n }]) => sum + n, 0)).toBe(all.length);
    }),
  );
});
