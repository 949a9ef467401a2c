/** `node test/services/lake/prepare.ts`: Spark and DuckDB, which tests read the lake with, and MLflow, which they replay to. Once a machine. */
import { mlflow } from "../mlflow/server.ts";
import { duckdbS3, install, isInstalled, readerFolder, spark } from "./readers.ts";

for (const reader of [duckdbS3, spark, mlflow]) {
  if (await isInstalled(reader)) continue;
  const started = performance.now();
  process.stderr.write(`installing ${reader.name} ${reader.version}, once …\n`);
  await install(reader);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  process.stderr.write(`installed ${reader.name} in ${seconds} s: ${readerFolder(reader)}\n`);
}
