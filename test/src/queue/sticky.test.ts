import fc from "fast-check";
import { expect, test } from "vitest";
import { divide } from "../../../src/queue/sticky.ts";

const PARTITIONS = fc.integer({ min: 0, max: 40 }).map((n) => Array.from({ length: n }, (_, i) => i));
const CLAIMS = fc.dictionary(fc.string({ minLength: 1, maxLength: 3 }), fc.array(fc.nat(50), { maxLength: 50 }), {
  minKeys: 1,
  maxKeys: 9,
});

test("every partition has exactly one owner, numbers differ by one at most, and the order of members decides nothing", () => {
  fc.assert(
    fc.property(CLAIMS, PARTITIONS, (claims, partitions) => {
      const entries = Object.entries(claims);
      const shares = divide(new Map(entries), partitions);
      expect([...shares.values()].flat().sort((a, b) => a - b)).toEqual(partitions);
      const sizes = [...shares.values()].map(({ length }) => length);
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      expect(new Map([...divide(new Map(entries.reverse()), partitions)].sort())).toEqual(new Map([...shares].sort()));
    }),
  );
});

test("who joins or leaves moves no more than has to move", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 8 }),
      fc.integer({ min: 1, max: 40 }),
      fc.boolean(),
      (members, count, joins) => {
        const partitions = Array.from({ length: count }, (_, i) => i);
        const names = Array.from({ length: members }, (_, i) => `m${i}`);
        const before = divide(new Map(names.map((name) => [name, []])), partitions);
        const claims = new Map<string, readonly number[]>(before);
        if (joins) claims.set("new", []);
        else if (members > 1) claims.delete("m0");
        const after = divide(claims, partitions);
        const moved = [...after].flatMap(([name, own]) => own.filter((one) => !before.get(name)?.includes(one)));
        const most = joins ? Math.floor(count / (members + 1)) : (before.get("m0")?.length ?? 0);
        expect(moved.length).toBeLessThanOrEqual(members > 1 || joins ? most : 0);
      },
    ),
  );
});
