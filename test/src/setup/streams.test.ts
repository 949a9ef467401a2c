import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { Writable } from "node:stream";
import { expect, test } from "vitest";
import { nodeOutput } from "../../../src/setup/streams.ts";

const bin = path.join(import.meta.dirname, "../../../src/bin.ts");

function failing(code: string): Writable {
  return new Writable({ write: (_chunk, _encoding, done) => done(Object.assign(new Error(code), { code })) });
}

test("a reader that went away is no error, now and later", async () => {
  const output = nodeOutput(failing("EPIPE"));
  await output.write("a");
  await output.write("b");
});

test("a full disk behind stdout is an error that names it", async () => {
  await expect(nodeOutput(failing("ENOSPC")).write("a")).rejects.toMatchObject({ code: "STORE_FULL" });
});

test("write waits until the text is taken, and bytes pass unchanged", async () => {
  const taken: Buffer[] = [];
  const slow = new Writable({
    highWaterMark: 1,
    write(chunk, _encoding, done) {
      setTimeout(() => done(void taken.push(chunk)), 5);
    },
  });
  await nodeOutput(slow).write(new Uint8Array([0xff, 0x00]));
  expect(Buffer.concat(taken)).toEqual(Buffer.from([0xff, 0x00]));
});

test("the program keeps its exit code when nobody reads its output", async () => {
  const child = spawn(process.execPath, [bin, "config", "--schema"], { stdio: ["ignore", "pipe", "pipe"] });
  child.stdout.destroy();
  const errors: Buffer[] = [];
  child.stderr.on("data", (chunk: Buffer) => errors.push(chunk));
  const [code] = await once(child, "close");
  expect([code, Buffer.concat(errors).toString()]).toEqual([0, ""]);
});
