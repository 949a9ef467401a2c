/** `node test/compare/oracles/write.ts`: asks the oracles anew and writes fixtures/parity/oracles/, a file a kind. */
import { writeFile } from "node:fs/promises";
import { ORACLES, pairsOf } from "./pairs.ts";
import { askPython, REQUIREMENTS } from "./python.ts";

/** Pairs of each kind that are kept, so that the comparison is made also where there is no Python. */
const KEPT = 400;

for (const kind of ORACLES) {
  const pairs = pairsOf(kind, KEPT, 1);
  const said = await askPython(pairs);
  const rows = pairs.map((pair, i) => JSON.stringify([pair, said[i]]));
  const file = new URL(`../../../fixtures/parity/oracles/${kind}.json`, import.meta.url);
  await writeFile(file, `{"made": "${REQUIREMENTS.join(", ")}",\n"rows": [\n${rows.join(",\n")}\n]}\n`);
}
