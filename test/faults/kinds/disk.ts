/** A local store on a disk that fills up in the middle of a capture, and has room again afterwards. */
import { execFile } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Kind } from "./kind.ts";

const mount = promisify(execFile);

export const disk: Kind = {
  name: "disk",
  async run(trial) {
    const { random } = trial;
    const point = join(trial.folder, "disk");
    await mkdir(point, { recursive: true });
    let kib = random.int(40, 200);
    await mount("mount", ["-t", "tmpfs", "-o", `size=${kib}k`, "tmpfs", point]);
    trial.cleanups.push(async () => {
      await mount("umount", ["-l", point]);
    });
    trial.localStore = join(point, "lake");
    for (let left = random.int(2, 3); left > 0; left--) {
      const member = await trial.start({ until: "end", mayFail: ["STORE_FULL"] });
      await member.ended();
      if (member.code === 2) trial.count("disk full");
      kib += random.int(40, 200);
      await mount("mount", ["-o", `remount,size=${kib}k`, point]);
    }
    await mount("mount", ["-o", "remount,size=512m", point]);
  },
};

/** Whether this user may mount a small disk of its own. */
export async function mayMount(folder: string): Promise<boolean> {
  const point = join(folder, "try-mount");
  await mkdir(point, { recursive: true });
  try {
    await mount("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", point]);
    await mount("umount", [point]);
    return true;
  } catch {
    return false;
  }
}
