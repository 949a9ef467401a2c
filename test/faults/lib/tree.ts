/** A copy of the sources with one thing broken on purpose, that runs as the program does. */
import { cp, mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const REPO = fileURLToPath(new URL("../../../", import.meta.url));
const PARTS = ["src", "capture", "replay", "compare", "demo", "package.json"];

export interface Edit {
  readonly file: string;
  /** Must stand in the file exactly once: a mutation that changes nothing, or something else, shows nothing. */
  readonly find: string;
  readonly replace: string;
}

/** Resolves with the `bin.ts` of the copy. */
export async function mutatedTree(folder: string, edits: readonly Edit[]): Promise<string> {
  await mkdir(folder, { recursive: true });
  for (const part of PARTS) await cp(join(REPO, part), join(folder, part), { recursive: true });
  await symlink(join(REPO, "node_modules"), join(folder, "node_modules"));
  for (const { file, find, replace } of edits) {
    const path = join(folder, file);
    const text = await readFile(path, "utf8");
    const found = text.split(find).length - 1;
    if (found !== 1) throw new Error(`${file} holds this ${found} times, not once: ${find}`);
    await writeFile(
      path,
      text.replace(find, () => replace),
    );
  }
  return join(folder, "src", "bin.ts");
}
