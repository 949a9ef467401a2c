/** A local store on a disk that fills up in the middle of a capture, and has room again afterwards. */
import { execFile } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Trial } from "../lib/trial.ts";
import type { Kind } from "./kind.ts";

const run = promisify(execFile);

export const disk: Kind = {
  name: "disk",
  async run(trial) {
    const { random } = trial;
    const point = join(trial.folder, "disk");
    await mkdir(point, { recursive: true });
    trial.localStore = join(point, "lake");
    let kib = random.int(40, 200);
    const isMounted = await mountTmpfs(trial, point, kib);
    for (let left = random.int(2, 3); left > 0; left--) {
      // Who may mount nothing meets a limit of its files instead, and the same error code.
      const limit = isMounted ? {} : { fileKib: random.int(3, 6) };
      const member = await trial.start({ until: "end", mayFail: ["STORE_FULL"], ...limit });
      await member.ended();
      if (member.code === 2) trial.count(isMounted ? "disk full" : "file too large");
      kib += random.int(40, 200);
      if (isMounted) await run("mount", ["-o", `remount,size=${kib}k`, point]);
    }
    if (isMounted) await run("mount", ["-o", "remount,size=512m", point]);
  },
};

async function mountTmpfs(trial: Trial, point: string, kib: number): Promise<boolean> {
  try {
    await run("mount", ["-t", "tmpfs", "-o", `size=${kib}k`, "tmpfs", point]);
  } catch {
    return false;
  }
  trial.cleanups.push(async () => {
    await run("umount", ["-l", point]);
  });
  return true;
}
