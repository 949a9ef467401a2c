/** The folder a demo leaves behind: its config, the recorded traffic, the store. */
import { existsSync } from "node:fs";
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CutoverError } from "../src/errors.ts";

/** Marks a folder as made by the demo: only such a folder is emptied. */
const MARKER = ".cutover-demo";

export interface Workspace {
  readonly dir: string;
  readonly configFile: string;
  readonly trafficFile: string;
}

/** Makes `dir` anew; refuses a folder that holds something the demo did not put there. */
export async function prepareWorkspace(dir: string): Promise<Workspace> {
  if (existsSync(dir)) {
    const entries = await readdir(dir);
    if (entries.length > 0 && !entries.includes(MARKER)) {
      throw new CutoverError("USAGE", `${dir} is not empty and was not made by the demo`, {
        place: "--dir",
        expected: "a new or empty folder, or one left by an earlier demo",
        hint: "cutover demo --dir OTHER",
      });
    }
    await rm(dir, { recursive: true });
  }
  await mkdir(dir, { recursive: true });
  await writeFile(join(dir, MARKER), "made by cutover demo; the next demo empties this folder\n");
  return { dir, configFile: join(dir, "cutover.yaml"), trafficFile: join(dir, "traffic.ndjson") };
}

/** The config is a file like any user's, so that every other command can be tried on it. */
export function demoConfig(urls: { readonly ported: string; readonly fixed: string }): string {
  return `# Written by \`cutover demo\`. Try the other commands on it from this folder.
store: ./data

capture:
  source:
    files: ["traffic.ndjson"]     # the legacy model's inputs and outputs, one message a line

targets:                          # \`cutover demo --serve\` keeps both up
  ported: { http: { url: "${urls.ported}/invocations" } }
  fixed: { http: { url: "${urls.fixed}/invocations" } }

models:
  "*":
    rules:
      - { path: $.label, type: label }
      - { path: $.score, type: number, atol: 1e-9, rtol: 1e-9, why: "moderators sort by score" }
      - { path: $.reasons, type: list, mode: ordered, why: "the first reason is shown to the author" }
    default: exact
    gate: { maxMismatchRate: 0.001, confidence: 0.99, minCoverage: 1.0 }
`;
}
