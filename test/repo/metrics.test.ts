/** The metrics that README names are those that the sources send. */
import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";

const root = path.join(import.meta.dirname, "../..");
const sources = globSync("{capture,replay,compare,worker}/**/*.ts", { cwd: root })
  .map((file) => readFileSync(path.join(root, file), "utf8"))
  .join("\n")
  .replace(/\(\s+"/g, '("');

/** Rows of tables whose first title is a prefix of metrics, `cutover.capture.`: names stand in code, tags in braces. */
function namedInReadme(): string[] {
  const named: string[] = [];
  let prefix: string | undefined;
  for (const line of readFileSync(path.join(root, "README.md"), "utf8").split("\n")) {
    const [, cell] = line.startsWith("|") ? line.split("|") : [];
    if (cell === undefined) prefix = undefined;
    const title = /^ `cutover\.((?:[a-z_]+\.)*)` $/.exec(cell ?? "");
    if (title) prefix = title[1];
    else if (prefix !== undefined)
      for (const [, name] of (cell ?? "").matchAll(/`([a-z0-9_.]+)(?:\{[a-z_,]+\})?`/g)) named.push(`${prefix}${name}`);
  }
  return named;
}

test("every metric in a table of README is sent under that name", () => {
  const named = namedInReadme();
  expect(named).toContain("capture.lag");
  expect(named.length).toBeGreaterThan(15);
  expect(named.filter((name) => !sources.includes(`("${name}"`))).toEqual([]);
});
