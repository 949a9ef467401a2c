/**
 * `node test/fuzz/scanner.ts [--seed N] [--seconds S] [--document BASE64]`: fuzzes scanner, strings and lines against
 * their oracles. Prints every finding with the seed and the document; exits 1 when there is any.
 */
import { parseArgs } from "node:util";
import { seededRandom } from "../../src/random.ts";
import { fuzz } from "./fuzz.ts";
import { checkLines, checkScanner, checkStrings } from "./targets.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    seconds: { type: "string", default: "60" },
    document: { type: "string" },
  },
});
const seed = Number(values.seed);
if (values.document !== undefined) {
  const bytes = Buffer.from(values.document, "base64");
  console.log(JSON.stringify(bytes.toString("latin1")));
  checkScanner(bytes);
  checkStrings(bytes);
  await checkLines(bytes, seededRandom(seed));
  console.log("no finding");
} else {
  const { documents, accepted, findings } = await fuzz({ seed, seconds: Number(values.seconds) });
  for (const { target, document, base64, message } of findings) {
    console.log(`${target}, seed ${seed}, document ${document}: ${message}`);
    console.log(`  again: node test/fuzz/scanner.ts --document ${base64}`);
  }
  console.log(JSON.stringify({ seed, documents, accepted, findings: findings.length }));
  process.exitCode = findings.length > 0 ? 1 : 0;
}
