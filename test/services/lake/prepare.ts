/** `node test/services/lake/prepare.ts`: Spark and DuckDB for the tests that read the lake with them. Once a machine. */
import { duckdbS3, install, isInstalled, readerFolder, spark } from "./readers.ts";

for (const reader of [duckdbS3, spark]) {
  if (await isInstalled(reader)) continue;
  const started = performance.now();
  process.stderr.write(`installing ${reader.name} ${reader.version}, once …\n`);
  await install(reader);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  process.stderr.write(`installed ${reader.name} in ${seconds} s: ${readerFolder(reader)}\n`);
}
