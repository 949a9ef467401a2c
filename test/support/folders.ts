/** Folders for the tests of a file: each call makes a new one, and all are gone when the file is done. */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";

export function testFolders(name: string): () => Promise<string> {
  let dir: string;
  let count = 0;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), `cutover-${name}-`));
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));
  return async () => {
    const path = join(dir, `${count++}`);
    await mkdir(path);
    return path;
  };
}
