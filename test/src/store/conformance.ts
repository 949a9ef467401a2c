/** What every store keeps to: the contract of src/store/port.ts as tests. Each adapter's test runs it. */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CutoverError, type ErrorCode } from "../../../src/errors.ts";
import { compareKeys } from "../../../src/store/keys.ts";
import type { ObjectInfo, Store } from "../../../src/store/port.ts";

export interface Conformance {
  readonly name: string;
  /** An empty, usable store. */
  readonly open: () => Promise<Store>;
  /** Objects of the paging test: above 1,000 where the adapter asks page by page. */
  readonly manyObjects: number;
}

export function testStore({ name, open, manyObjects }: Conformance): void {
  describe(`the ${name} store`, () => {
    let store: Store;
    /** Each test works under a prefix of its own. */
    let counter = 0;
    const fresh = (): string => `t${String(counter++).padStart(3, "0")}/`;

    beforeAll(async () => {
      store = await open();
      await store.check({ write: true });
    });
    afterAll(async () => {
      await store.close();
    });

    test("gives back the bytes that were put", async () => {
      const prefix = fresh();
      const bodies = [fc.uint8Array({ maxLength: 5_000 }), fc.constant(new Uint8Array(3_000_000).fill(255))];
      await fc.assert(
        fc.asyncProperty(fc.oneof(...bodies), async (body) => {
          const info = await store.put(`${prefix}object`, body);
          expect(info).toMatchObject({ key: `${prefix}object`, size: body.byteLength });
          expect(Buffer.compare(await store.get(`${prefix}object`), body)).toBe(0);
          expect(await store.head(`${prefix}object`)).toEqual(info);
        }),
        { numRuns: 8, examples: [[new Uint8Array()]] },
      );
    });

    test("keeps bytes that the caller changes afterwards", async () => {
      const key = `${fresh()}object`;
      const body = new Uint8Array([1, 2, 3]);
      await store.put(key, body);
      body[0] = 9;
      const first = await store.get(key);
      first[1] = 9;
      expect([...(await store.get(key))]).toEqual([1, 2, 3]);
    });

    test.each([
      { range: { start: 0, end: 4 }, expected: "0123" },
      { range: { start: 3, end: 7 }, expected: "3456" },
      { range: { start: 8, end: 100 }, expected: "89" },
      { range: { start: 10, end: 12 }, expected: "" },
      { range: { start: 50, end: 60 }, expected: "" },
      { range: { start: 4, end: 4 }, expected: "" },
    ])("reads bytes $range.start to $range.end of ten as '$expected'", async ({ range, expected }) => {
      const key = `${fresh()}digits`;
      await store.put(key, Buffer.from("0123456789"));
      expect(Buffer.from(await store.get(key, range)).toString()).toBe(expected);
    });

    test("says STORE_MISSING for an object that is not there, and knows nothing of its head", async () => {
      const key = `${fresh()}nothing`;
      await expectCode(store.get(key), "STORE_MISSING");
      await expectCode(store.get(key, { start: 0, end: 5 }), "STORE_MISSING");
      await expectCode(store.get(key, { start: 3, end: 3 }), "STORE_MISSING");
      expect(await store.head(key)).toBeUndefined();
    });

    test("does not take a folder for an object", async () => {
      const prefix = fresh();
      await store.put(`${prefix}a/b`, Buffer.from("x"));
      await expectCode(store.get(`${prefix}a`), "STORE_MISSING");
      expect(await store.head(`${prefix}a`)).toBeUndefined();
      await store.delete([`${prefix}a`]);
      expect(await keysOf(store.list(prefix))).toEqual([`${prefix}a/b`]);
    });

    test("refuses a conditional put of a key that exists, and leaves the object as it was", async () => {
      const key = `${fresh()}once`;
      await store.put(key, Buffer.from("first"), { ifAbsent: true });
      await expectCode(store.put(key, Buffer.from("second"), { ifAbsent: true }), "STORE_EXISTS");
      expect(Buffer.from(await store.get(key)).toString()).toBe("first");
    });

    test("lets exactly one of 20 concurrent conditional puts win, with its own bytes", async () => {
      for (const size of [3, 200_000]) {
        const key = `${fresh()}race`;
        const writers = Array.from({ length: 20 }, (_, i) => new Uint8Array(size).fill(i));
        const results = await Promise.allSettled(writers.map((body) => store.put(key, body, { ifAbsent: true })));
        const winners = results.flatMap(({ status }, i) => (status === "fulfilled" ? [i] : []));
        expect(winners).toHaveLength(1);
        for (const result of results) {
          if (result.status === "rejected") expect(result.reason).toMatchObject({ code: "STORE_EXISTS" });
        }
        expect(Buffer.compare(await store.get(key), writers[winners[0] as number] as Uint8Array)).toBe(0);
      }
    });

    test("shows the old object or the whole new one while it is overwritten, under another ETag", async () => {
      const key = `${fresh()}swap`;
      const size = 300_000;
      const before = await store.put(key, new Uint8Array(size).fill(0));
      let writing = true;
      const write = (async () => {
        for (let i = 1; i <= 6; i++) await store.put(key, new Uint8Array(size).fill(i));
        writing = false;
      })();
      while (writing) {
        const bytes = await store.get(key);
        expect(bytes.byteLength).toBe(size);
        expect(bytes.every((byte) => byte === bytes[0])).toBe(true);
      }
      await write;
      expect((await store.head(key))?.etag).not.toBe(before.etag);
    });

    test("lists keys in the order of their UTF-8 bytes, which is neither that of folders nor of UTF-16", async () => {
      const prefix = fresh();
      const names = [
        "a-b",
        "a.b",
        "a/b",
        "a0",
        "a/b.c/d",
        "a/b-c",
        "A",
        "é",
        "z",
        "\uffee",
        "😀/x",
        "😀-",
        " sp ace",
        "~+%&=?#",
      ];
      for (const name of names) await store.put(`${prefix}${name}`, Buffer.from(name));
      const expected = names
        .map((name) => prefix + name)
        .sort((x, y) => Buffer.compare(Buffer.from(x), Buffer.from(y)));
      const listed = await infosOf(store.list(prefix));
      expect(listed.map(({ key }) => key)).toEqual(expected);
      for (const info of listed) expect(await store.head(info.key)).toEqual(info);
      for (const startAfter of [...expected, `${prefix}a`, `${prefix}a/`, `${prefix}a/b.`, `${prefix}b`]) {
        const rest = expected.filter((key) => compareKeys(key, startAfter) > 0);
        expect(await keysOf(store.list(prefix, { startAfter }))).toEqual(rest);
      }
      for (const part of ["a", "a/", "a/b", "a/b.", "a/b.c/", "😀", "nothing", "nothing/at/all/"]) {
        const within = expected.filter((key) => key.startsWith(prefix + part));
        expect(await keysOf(store.list(prefix + part))).toEqual(within);
      }
    });

    test("lists nothing where a prefix would leave the store", async () => {
      for (const prefix of ["../", "/", "a/../../", "..", "./"]) expect(await keysOf(store.list(prefix))).toEqual([]);
    });

    test(`lists ${manyObjects} objects once each, from the start and from the middle`, async () => {
      const prefix = fresh();
      const keys = Array.from({ length: manyObjects }, (_, i) => `${prefix}n/${String(i).padStart(6, "0")}`);
      for (let start = 0; start < keys.length; start += 50) {
        await Promise.all(keys.slice(start, start + 50).map((key) => store.put(key, new Uint8Array())));
      }
      expect(await keysOf(store.list(prefix))).toEqual(keys);
      const middle = keys[10] as string;
      expect(await keysOf(store.list(`${prefix}n/`, { startAfter: middle }))).toEqual(keys.slice(11));
      await store.delete(keys);
      expect(await keysOf(store.list(prefix))).toEqual([]);
    }, 60_000);

    test("deletes what is named, and takes it as done where nothing is", async () => {
      const prefix = fresh();
      await store.put(`${prefix}a`, Buffer.from("a"));
      await store.put(`${prefix}b`, Buffer.from("b"));
      await store.delete([`${prefix}a`, `${prefix}gone`, `${prefix}b/under-a-file`]);
      await store.delete([]);
      expect(await keysOf(store.list(prefix))).toEqual([`${prefix}b`]);
    });

    test("takes content type and metadata", async () => {
      const key = `${fresh()}described`;
      const options = { contentType: "application/vnd.apache.parquet", metadata: { cutover: '{"first":"1"}' } };
      await store.put(key, Buffer.from("x"), options);
      expect((await store.get(key)).byteLength).toBe(1);
    });

    test.each([
      "",
      "/abs",
      "../up",
      "a/../b",
      "a//b",
      "a/",
      "./a",
      "nul\u0000",
      "line\nbreak",
      "\ud800",
      "x".repeat(1025),
      ".cutover-tmp/x",
    ])("refuses the key %j", async (key) => {
      await expectCode(store.put(key, new Uint8Array()), "USAGE");
      await expectCode(store.get(key), "USAGE");
      await expectCode(store.head(key), "USAGE");
      await expectCode(store.delete([key]), "USAGE");
    });

    test("ends with the signal's reason when it is aborted, and puts nothing", async () => {
      const key = `${fresh()}aborted`;
      const reason = new CutoverError("INTERRUPTED", "stop");
      const signal = AbortSignal.abort(reason);
      await expect(store.put(key, Buffer.from("x"), { signal })).rejects.toBe(reason);
      await store.put(key, Buffer.from("x"));
      await expect(store.get(key, undefined, signal)).rejects.toBe(reason);
      await expect(store.head(key, signal)).rejects.toBe(reason);
      await expect(keysOf(store.list("", { signal }))).rejects.toBe(reason);
      await expect(store.check({ signal })).rejects.toBe(reason);
    });

    test("can be checked again and again", async () => {
      await store.check();
      await Promise.all([store.check({ write: true }), store.check({ write: true })]);
    });
  });
}

export async function expectCode(promise: Promise<unknown>, code: ErrorCode): Promise<CutoverError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(CutoverError);
  expect(error).toMatchObject({ code });
  return error as CutoverError;
}

export async function infosOf(list: AsyncIterable<ObjectInfo>): Promise<ObjectInfo[]> {
  const infos: ObjectInfo[] = [];
  for await (const info of list) infos.push(info);
  return infos;
}

export async function keysOf(list: AsyncIterable<ObjectInfo>): Promise<string[]> {
  return (await infosOf(list)).map(({ key }) => key);
}
