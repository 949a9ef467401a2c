/** Version of this program, from its own package.json: beside src/ in a checkout, two folders above dist/src/ when built. */
import { readFileSync } from "node:fs";

export const VERSION = readVersion();

function readVersion(): string {
  for (const path of ["../package.json", "../../package.json"]) {
    try {
      const { name, version } = JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8"));
      if (name === "cutover" && typeof version === "string") return version;
    } catch {
      // Not at this place: the next one is tried, and the last line says so.
    }
  }
  throw new Error("cutover's own package.json is not where it should be");
}
