/** Replay: 1 KB requests, 200-byte answers, 64 in flight, results written to Parquet all the while. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runCutover } from "./lib/cutover.ts";
import { type Contender, interleave } from "./lib/interleave.ts";
import { runProgram, type Sample, toSample } from "./lib/measure.ts";
import { startEndpoint } from "./lib/server.ts";
import { type BenchOptions, choosePeers, type StageResult } from "./lib/stage.ts";

const PEERS = ["aws-sdk"] as const;
const IN_FLIGHT = 64;
/** The SDK wants credentials; the local endpoint does not look at them. */
const CREDENTIALS = { AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test", AWS_REGION: "us-east-1" };

export async function benchReplay(options: BenchOptions): Promise<StageResult> {
  choosePeers(PEERS, options);
  const dir = await mkdtemp(join(tmpdir(), "cutover-bench-"));
  const endpoint = await startEndpoint();
  try {
    const config = await prepare(dir, endpoint.url, options);
    const ours = (target: string): Contender => ({
      name: `cutover-${target}`,
      run: (round) => runOurs(config, target, options.records, round),
    });
    const peer: Contender = { name: "aws-sdk", run: () => runPeer(endpoint.url, options.records) };
    const { peers } = await interleave(ours("sagemaker"), [peer, ours("http")], options);
    const http = peers.find(({ name }) => name === "cutover-http")?.peer;
    const note = `http target of ours in the same rounds: ${http?.perSecond.toLocaleString("en")}/s, ${http?.cpuSeconds.toFixed(1)} CPU s/M, ${http?.peakMb} MB`;
    return { peers: peers.filter(({ name }) => PEERS.some((peer) => peer === name)), notes: [note] };
  } finally {
    await endpoint.close();
    await rm(dir, { recursive: true, force: true });
  }
}

/** Captures `records` inputs of 1 KB through the program itself. */
async function prepare(dir: string, url: string, options: BenchOptions): Promise<string> {
  const config = join(dir, "cutover.yaml");
  const concurrency = { perEndpoint: IN_FLIGHT, total: IN_FLIGHT };
  await writeFile(
    config,
    JSON.stringify({
      store: "./data",
      capture: { source: { files: ["traffic.ndjson"] } },
      targets: {
        http: { http: { url: `${url}/invocations` }, concurrency },
        sagemaker: { sagemaker: { endpoint: "ep1", region: "us-east-1", url }, concurrency },
      },
    }),
  );
  const input = `{"input":"${"lorem ipsum ".repeat(84)}"}`.padEnd(1024);
  const line = (i: number): string =>
    `{"id":"r${i}","model":"m","capturedAt":${1_761_955_200_000 + i},"input":${input},"output":{"score":0.5}}`;
  await writeFile(join(dir, "traffic.ndjson"), Array.from({ length: options.records }, (_, i) => line(i)).join("\n"));
  options.progress(`capturing ${options.records} requests`);
  await runCutover(["capture", "--config", config]);
  return config;
}

async function runOurs(config: string, target: string, records: number, round: number): Promise<Sample> {
  const args = ["replay", "--target", target, "--run", `${target}-${round}`, "--config", config];
  const run = await runCutover(args, { env: CREDENTIALS });
  if (run.output.replayed !== records) throw new Error(`replayed ${String(run.output.replayed)} of ${records}`);
  return toSample(records, Number(run.output.seconds), run);
}

async function runPeer(url: string, records: number): Promise<Sample> {
  const script = fileURLToPath(new URL("./peers/aws-sdk.ts", import.meta.url));
  const env = { URL: url, RECORDS: String(records) };
  const run = await runProgram({ args: [script], env });
  return toSample(records, Number(run.output.seconds), run);
}
