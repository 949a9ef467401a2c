/**
 * Spark and DuckDB with their S3 parts, as others would read the lake. They stand in the cache beside the services,
 * put there by `node test/services/lake/prepare.ts`: Spark is half a gigabyte, so no test fetches it by itself.
 */
import { access, mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { folders } from "../lib/folders.ts";
import { run } from "../lib/process.ts";

export const PREPARE = "node test/services/lake/prepare.ts";
const INSTALL_TIMEOUT_MS = 15 * 60_000;
const READ_TIMEOUT_MS = 10 * 60_000;

const PYSPARK = "4.0.1";
/** Of the Hadoop inside that Spark, and of the SDK that it speaks to S3 with: its parts, not the bundle of 600 MB. */
const HADOOP = "3.4.1";
const AWS_SDK = "2.57.8";
const DUCKDB = "1.5.5";

/** A program of Python packages in a folder of the cache. */
export interface Reader {
  readonly name: string;
  readonly version: string;
  install(folder: string): Promise<void>;
}

export const spark: Reader = {
  name: "spark",
  version: `${PYSPARK}-${AWS_SDK}`,
  async install(folder) {
    await venv(folder, [`pyspark==${PYSPARK}`]);
    await writeFile(join(folder, "pom.xml"), pom());
    const args = ["-q", "-B", "dependency:copy-dependencies", "-DoutputDirectory=jars", "-DincludeScope=runtime"];
    await run({ file: "mvn", args }, { cwd: folder, timeoutMs: INSTALL_TIMEOUT_MS });
  },
};

export const duckdbS3: Reader = {
  name: "duckdb",
  version: DUCKDB,
  install: (folder) =>
    venv(folder, [`duckdb==${DUCKDB}`, `duckdb-extension-httpfs==${DUCKDB}`, `duckdb-extension-aws==${DUCKDB}`]),
};

export function readerFolder({ name, version }: Reader): string {
  return join(folders().install, `${name}-${version}`);
}

export function isInstalled(reader: Reader): Promise<boolean> {
  return access(join(readerFolder(reader), "complete")).then(
    () => true,
    () => false,
  );
}

/** A virtual environment keeps its own path, so it is made in place, and marked once it is whole. */
export async function install(reader: Reader): Promise<void> {
  const folder = readerFolder(reader);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await reader.install(folder);
  await writeFile(join(folder, "partial"), "");
  await rename(join(folder, "partial"), join(folder, "complete"));
}

/** Runs a script of this folder: the SQL file, the queries, and what it needs besides. Rows of each query. */
export async function ask(
  reader: Reader,
  script: string,
  args: readonly string[],
  cwd: string,
): Promise<Record<string, unknown>[][]> {
  const file = join(readerFolder(reader), "bin", "python");
  const path = join(import.meta.dirname, script);
  const stdout = await run({ file, args: [path, ...args] }, { cwd, timeoutMs: READ_TIMEOUT_MS });
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as Record<string, unknown>[][];
}

export async function venv(folder: string, packages: readonly string[]): Promise<void> {
  const options = { cwd: folder, timeoutMs: INSTALL_TIMEOUT_MS };
  await run({ file: "python3", args: ["-m", "venv", folder] }, options);
  const args = ["-m", "pip", "install", "--quiet", "--no-cache-dir", "--disable-pip-version-check", ...packages];
  await run({ file: join(folder, "bin", "python"), args }, options);
}

function pom(): string {
  const sdk = ["s3", "apache-client", "s3-transfer-manager", "sts", "kms"].map(
    (artifact) =>
      `    <dependency><groupId>software.amazon.awssdk</groupId><artifactId>${artifact}</artifactId><version>${AWS_SDK}</version></dependency>`,
  );
  return `<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>cutover</groupId>
  <artifactId>test-spark</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.apache.hadoop</groupId><artifactId>hadoop-aws</artifactId><version>${HADOOP}</version>
      <exclusions><exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion></exclusions></dependency>
${sdk.join("\n")}
  </dependencies>
</project>
`;
}
