import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, describe, expect, test } from "vitest";
import { localStore } from "../../../src/store/local.ts";
import { localError } from "../../../src/store/local-errors.ts";
import { expectCode, keysOf, testStore } from "./conformance.ts";

const scratch = mkdtempSync(join(tmpdir(), "cutover-local-"));
let folders = 0;
const newFolder = (): string => join(scratch, `store${folders++}`);
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

testStore({ name: "local", open: async () => localStore(newFolder()), manyObjects: 300 });

const errno = (code: string, syscall: string): Error => Object.assign(new Error(code), { code, syscall });

describe("a local store", () => {
  test("that is not there cannot be read, and is made by a put", async () => {
    const store = localStore(newFolder());
    const error = await expectCode(store.check(), "STORE_UNUSABLE");
    expect(error.message).toBe("no such folder");
    expect(await keysOf(store.list(""))).toEqual([]);
    await store.put("a/b/c", Buffer.from("x"), { ifAbsent: true });
    await store.check();
    expect(await keysOf(store.list(""))).toEqual(["a/b/c"]);
  });

  test("cannot be a file", async () => {
    const path = newFolder();
    writeFileSync(path, "");
    await expectCode(localStore(path).check(), "STORE_UNUSABLE");
    await expectCode(localStore(path).check({ write: true }), "STORE_UNUSABLE");
    await expectCode(localStore(path).put("a", new Uint8Array()), "STORE_UNUSABLE");
  });

  test("says where a file and a folder would need the same name", async () => {
    const store = localStore(newFolder());
    await store.put("a", Buffer.from("x"));
    await expectCode(store.put("a/b", Buffer.from("y")), "STORE_UNUSABLE");
    await store.put("c/d", Buffer.from("x"));
    await expectCode(store.put("c", Buffer.from("y")), "STORE_UNUSABLE");
    expect(await keysOf(store.list(""))).toEqual(["a", "c/d"]);
    await expectCode(store.get("a/b"), "STORE_MISSING");
    expect(await store.head("a/b")).toBeUndefined();
  });

  test.each(["EPERM", "ENOTSUP", "EMLINK", "EXDEV"])(
    "is refused when a link ends in %s, and leaves nothing",
    async (code) => {
      const root = newFolder();
      const store = localStore(root, { link: () => Promise.reject(errno(code, "link")) });
      const error = await expectCode(store.check({ write: true }), "STORE_UNUSABLE");
      expect(error.message).toContain("hard links");
      expect(readdirSync(join(root, ".cutover-tmp"))).toEqual([]);
    },
  );

  test("hides what a killed writer left, and clears it only once it is old", async () => {
    const root = newFolder();
    const store = localStore(root);
    await store.put("a", Buffer.from("x"));
    const temp = join(root, ".cutover-tmp");
    expect(readdirSync(temp)).toEqual([]);
    writeFileSync(join(temp, "young"), "half");
    writeFileSync(join(temp, "old"), "half");
    utimesSync(join(temp, "old"), 0, 0);
    await store.check({ write: true });
    expect(readdirSync(temp)).toEqual(["young"]);
    expect(await keysOf(store.list(""))).toEqual(["a"]);
    expect(await keysOf(store.list(".cutover"))).toEqual([]);
  });

  test("holds whole objects only, after a writer was killed in the middle of them", async () => {
    const root = newFolder();
    const size = 1_000_000;
    const script = `
      import { localStore } from ${JSON.stringify(new URL("../../../src/store/local.ts", import.meta.url).href)};
      const store = localStore(${JSON.stringify(root)});
      for (let i = 0; ; i++) {
        await store.put("object/" + i, new Uint8Array(${size}).fill(i), { ifAbsent: true });
        await store.put("object/same", new Uint8Array(${size}).fill(i));
      }`;
    const store = localStore(root);
    for (const wait of [5, 13, 29]) {
      const child = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: "inherit" });
      const ended = once(child, "exit");
      while (child.exitCode === null && (await keysOf(store.list(""))).length < 3) await sleep(wait);
      child.kill("SIGKILL");
      await ended;
      const keys = await keysOf(store.list(""));
      expect(keys.length).toBeGreaterThanOrEqual(3);
      for (const key of keys) {
        const bytes = await store.get(key);
        expect(bytes.byteLength).toBe(size);
        expect(bytes.every((byte) => byte === bytes[0])).toBe(true);
      }
      await store.delete(keys);
    }
  });

  test("leaves out files whose name can be no key, and follows links to folders", async () => {
    const root = newFolder();
    mkdirSync(join(root, "real"), { recursive: true });
    writeFileSync(join(root, "real", "a"), "");
    writeFileSync(join(root, "real", "b\rc"), "");
    symlinkSync(join(root, "real"), join(root, "linked"));
    symlinkSync(join(root, "nowhere"), join(root, "broken"));
    expect(await keysOf(localStore(root).list(""))).toEqual(["linked/a", "real/a"]);
  });

  test.each([
    { code: "ENOSPC", syscall: "write", expected: "STORE_FULL" },
    { code: "EDQUOT", syscall: "write", expected: "STORE_FULL" },
    { code: "EACCES", syscall: "open", expected: "STORE_DENIED" },
    { code: "EPERM", syscall: "open", expected: "STORE_DENIED" },
    { code: "EROFS", syscall: "mkdir", expected: "STORE_UNUSABLE" },
    { code: "ENAMETOOLONG", syscall: "open", expected: "STORE_UNUSABLE" },
    { code: "EIO", syscall: "read", expected: "STORE_UNAVAILABLE" },
    { code: "EMFILE", syscall: "open", expected: "STORE_UNAVAILABLE" },
  ])("reads $code as $expected", ({ code, syscall, expected }) => {
    const cause = errno(code, syscall);
    expect(localError(cause, "./data", "a/b")).toMatchObject({
      code: expected,
      details: { place: "./data a/b", cause },
    });
  });

  test("keeps a bug a bug", () => {
    const bug = new TypeError("undefined is not a function");
    expect(localError(bug, "./data", "a")).toBe(bug);
  });
});
