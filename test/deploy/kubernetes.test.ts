/**
 * The manifests against the schemas of Kubernetes and KEDA (npm packages, so nothing is fetched), strictly: the checks
 * that are made at run time let unknown fields pass, the types of the same packages do not. And against the program:
 * what they say of commands, config, exit codes and times must be so.
 */
import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { loadConfig } from "../../src/config/load.ts";
import { LIMITS } from "../../src/limits.ts";

const repo = path.join(import.meta.dirname, "../..");
const folder = path.join(repo, "deploy/kubernetes");

/** Each kind that stands there: module and class of its schema. */
const KINDS: Readonly<Record<string, { readonly module: string; readonly name: string }>> = {
  "v1 ConfigMap": { module: "kubernetes-models/v1/ConfigMap", name: "ConfigMap" },
  "apps/v1 Deployment": { module: "kubernetes-models/apps/v1/Deployment", name: "Deployment" },
  "batch/v1 Job": { module: "kubernetes-models/batch/v1/Job", name: "Job" },
  "keda.sh/v1alpha1 ScaledObject": {
    module: "@kubernetes-models/keda/keda.sh/v1alpha1/ScaledObject",
    name: "ScaledObject",
  },
};

interface Container {
  readonly image: string;
  readonly args: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value: string }[];
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[];
  readonly resources: { readonly limits: { readonly memory: string } };
  readonly [probe: string]: unknown;
}

interface Manifest {
  readonly file: string;
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly data?: Readonly<Record<string, string>>;
  readonly spec: {
    readonly completions?: number;
    readonly selector?: { readonly matchLabels: object };
    readonly scaleTargetRef?: { readonly name: string };
    readonly maxReplicaCount?: number;
    readonly triggers?: readonly { readonly metadata: Readonly<Record<string, string>> }[];
    readonly template: {
      readonly metadata: { readonly labels: object };
      readonly spec: { readonly terminationGracePeriodSeconds: number; readonly containers: readonly [Container] };
    };
  };
}

const manifests: Manifest[] = [];
let scratch: string;

beforeAll(async () => {
  // Inside the repository: types are looked up in its node_modules.
  scratch = await mkdtemp(path.join(repo, "node_modules/.cutover-manifests-"));
  for (const file of (await readdir(folder)).filter((name) => name.endsWith(".yaml"))) {
    for (const document of parseAllDocuments(await readFile(path.join(folder, file), "utf8"), { uniqueKeys: true })) {
      if ("errors" in document) expect(document.errors).toEqual([]);
      manifests.push({ file, ...("toJS" in document ? document.toJS() : {}) });
    }
  }
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

const find = (kind: string, name: string): Manifest => {
  const found = manifests.find((one) => one.kind === kind && one.metadata.name === name);
  if (!found) throw new Error(`there is no ${kind} ${name}`);
  return found;
};
const container = (manifest: Manifest): Container => manifest.spec.template.spec.containers[0];

async function faultsOf(manifest: object & Pick<Manifest, "apiVersion" | "kind">): Promise<string> {
  const { file: _, ...content } = manifest as Manifest;
  const { module, name } = KINDS[`${manifest.apiVersion} ${manifest.kind}`] ?? { module: "", name: "" };
  if (module === "") return `${manifest.apiVersion} ${manifest.kind} is not known`;
  const Model = (await import(module))[name] as new (data: object) => { validate(): void };
  try {
    new Model(content).validate();
  } catch (error) {
    return String(error);
  }
  const source = path.join(scratch, `${Math.random().toString(36).slice(2)}.ts`);
  await writeFile(
    source,
    `import type { I${name} } from "${module}";\nexport const manifest: I${name} = ${JSON.stringify(content, null, 1)};\n`,
  );
  const args = [
    "--ignoreConfig",
    "--noEmit",
    "--strict",
    "--skipLibCheck",
    "--module",
    "nodenext",
    "--types",
    "",
    source,
  ];
  return promisify(execFile)(process.execPath, [path.join(repo, "node_modules/typescript/bin/tsc"), ...args], {
    cwd: scratch,
  }).then(
    () => "",
    (error: { stdout: string }) => error.stdout,
  );
}

test("every manifest is what the schemas of its kind say, without a field that they do not know", async () => {
  expect(manifests.map(({ kind, metadata }) => `${kind} ${metadata.name}`).sort()).toEqual([
    "ConfigMap cutover",
    "Deployment cutover-capture",
    "Deployment cutover-worker",
    "Job cutover-replay",
    "ScaledObject cutover-capture",
    "ScaledObject cutover-worker",
  ]);
  for (const manifest of manifests)
    expect([manifest.file, manifest.kind, await faultsOf(manifest)]).toEqual([manifest.file, manifest.kind, ""]);
}, 120_000);

test("a wrong type, a missing field and a misspelt one are found", async () => {
  const job = find("Job", "cutover-replay");
  const { template } = job.spec;
  const pod = { ...template, spec: { ...template.spec, restartPolcy: "Never" } };
  const broken: readonly (readonly [object, string])[] = [
    [{ ...job.spec, completions: "eight" }, "completions"],
    [{ completions: 8 }, "template"],
    [{ ...job.spec, template: pod }, "restartPolcy"],
  ];
  for (const [spec, named] of broken) expect(await faultsOf({ ...job, spec } as Manifest)).toContain(named);
}, 120_000);

describe("the manifests and the program", () => {
  test("the config is one that the program takes, and has all that the manifests name", async () => {
    const file = path.join(scratch, "cutover.yaml");
    await writeFile(file, find("ConfigMap", "cutover").data?.["cutover.yaml"] ?? "");
    const { config } = await loadConfig({ file, env: {}, flags: {} });
    const { kafka } = config.capture.source ?? {};
    const { queue } = config;
    const triggers = (name: string) => find("ScaledObject", name).spec.triggers?.map(({ metadata }) => metadata) ?? [];
    expect(triggers("cutover-capture")).toMatchObject([
      { bootstrapServers: kafka?.brokers.join(","), consumerGroup: kafka?.group, topic: kafka?.topics[0] },
    ]);
    expect(triggers("cutover-worker")).toMatchObject([
      { bootstrapServers: kafka?.brokers.join(","), consumerGroup: queue.kafka.group, topic: queue.kafka.topic },
    ]);
    for (const name of ["cutover-capture", "cutover-worker"]) {
      const [port] = container(find("Deployment", name)).ports ?? [];
      expect(port?.containerPort).toBe(config.capture.health?.port);
      expect(port?.containerPort).toBe(config.worker.health?.port);
    }
    const args = container(find("Job", "cutover-replay")).args;
    expect(Object.keys(config.targets)).toContain(args[args.indexOf("--target") + 1]);
    // Time to end in: what is in flight, and what is held, stored.
    const grace = (kind: string, name: string) =>
      find(kind, name).spec.template.spec.terminationGracePeriodSeconds * 1_000;
    const timeout = Math.max(...Object.values(config.targets).map((target) => target.timeout));
    const drain = timeout + LIMITS.workerDrainMs + LIMITS.exitGraceMs;
    expect(grace("Deployment", "cutover-worker")).toBeGreaterThan(drain);
    expect(grace("Job", "cutover-replay")).toBeGreaterThan(drain);
    expect(grace("Deployment", "cutover-capture")).toBeGreaterThan(
      LIMITS.captureDrainMs + LIMITS.captureCloseMs + LIMITS.exitGraceMs,
    );
    const memory = Number(
      /^(\d+)Mi$/.exec(container(find("Deployment", "cutover-capture")).resources.limits.memory)?.[1],
    );
    expect(memory * 1024 ** 2).toBeGreaterThan(config.capture.memory);
  });

  test("an Indexed Job tells its pods how many they are", () => {
    const job = find("Job", "cutover-replay");
    const count = container(job).env?.find(({ name }) => name === "JOB_COMPLETIONS")?.value;
    expect(Number(count)).toBe(job.spec.completions);
  });

  test("there are no more workers than partitions of a topic that is made", () => {
    expect(find("ScaledObject", "cutover-worker").spec.maxReplicaCount).toBe(LIMITS.queuePartitions);
  });

  test("each is found by its selector and its scaler, probed where it answers, and from no registry of anybody", () => {
    for (const manifest of manifests.filter(({ kind }) => kind === "Deployment")) {
      const { selector, template } = manifest.spec;
      expect(template.metadata.labels).toMatchObject(selector?.matchLabels ?? {});
      expect(find("ScaledObject", manifest.metadata.name).spec.scaleTargetRef?.name).toBe(manifest.metadata.name);
      const { startupProbe, livenessProbe, readinessProbe } = container(manifest);
      const paths = [startupProbe, livenessProbe, readinessProbe].map(
        (probe) => (probe as { httpGet: { path: string } }).httpGet.path,
      );
      expect(paths).toEqual(["/healthz", "/healthz", "/readyz"]);
    }
    for (const manifest of manifests.filter(({ kind }) => ["Deployment", "Job"].includes(kind)))
      expect(container(manifest).image).toBe("REGISTRY/cutover:VERSION");
  });
});
