/** What a user would send requests with instead of replay. None of them stores an answer. */
import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { goInstalled } from "../lib/go.ts";
import { type Program, runProgram, type Sample, toSample } from "../lib/measure.ts";
import type { Endpoint } from "../lib/server.ts";
import { ENDPOINT, IN_FLIGHT, INPUT } from "./lake.ts";

export interface PeerSize {
  /** How long those send that are told a time. */
  readonly seconds: number;
  /** How much those send that are told a number. */
  readonly records: number;
  readonly dir: string;
  readonly signal: AbortSignal;
}
export type RunPeer = (endpoint: Endpoint, size: PeerSize) => Promise<Sample>;
export type ReplayPeer = "wrk" | "k6" | "goreplay" | "aws-sdk";

const peerFile = (name: string): string => fileURLToPath(new URL(`../peers/${name}`, import.meta.url));
const pathOf = ({ url }: Endpoint): string => `${url}/endpoints/${ENDPOINT}/invocations`;

/** Finds, builds or installs what a peer needs; an error says how to have it. */
export const PREPARE: Readonly<Record<ReplayPeer, () => Promise<RunPeer>>> = {
  wrk: async () => {
    await promisify(execFile)("wrk", ["-v"]).catch((error: NodeJS.ErrnoException) => {
      // It ends with 1 when asked for its version.
      if (error.code !== "ENOENT") return;
      throw new Error("the peer wrk is not on the PATH: apt-get install wrk (Debian), brew install wrk (macOS)");
    });
    return async (endpoint, { seconds, signal }) => {
      const args = ["-t1", `-c${IN_FLIGHT}`, `-d${seconds}s`, "-s", peerFile("wrk.lua"), endpoint.url];
      return counted({ exec: "wrk", args, signal });
    };
  },
  k6: async () => {
    const exec = await goInstalled("go.k6.io/k6", "v1.8.1");
    return async (endpoint, { seconds, signal }) => {
      const args = ["run", "--quiet", "--no-usage-report", peerFile("k6.js")];
      return counted({ exec, args, env: { URL: pathOf(endpoint), DURATION: `${seconds}s` }, signal });
    };
  },
  goreplay: async () => {
    const exec = await goInstalled(
      "github.com/buger/goreplay",
      "v1.3.2",
      " and libpcap-dev (apt-get install libpcap-dev)",
    );
    return (endpoint, size) => runGoreplay(exec, endpoint, size);
  },
  "aws-sdk":
    async () =>
    async (endpoint, { records, signal }) => {
      return counted({ args: [peerFile("aws-sdk.ts")], env: { URL: endpoint.url, RECORDS: String(records) }, signal });
    },
};

/** A peer that tells itself how much it sent, and in which time. */
async function counted(program: Program): Promise<Sample> {
  const run = await runProgram(program);
  const { records, seconds, faults = 0 } = run.output;
  if (faults !== 0) throw new Error(`the peer counts ${String(faults)} faults`);
  return toSample(Number(records), Number(seconds), run);
}

/** Requests of the file that it loops over: as many as it reads ahead. */
const FILE_REQUESTS = 5_000;

/** It reads its own file of recorded requests, as fast as it can, and tells nothing: the endpoint counts. */
async function runGoreplay(exec: string, endpoint: Endpoint, { seconds, dir, signal }: PeerSize): Promise<Sample> {
  const file = join(dir, "requests.gor");
  const { host } = new URL(endpoint.url);
  await writeFile(file, Array.from({ length: FILE_REQUESTS }, (_, i) => recorded(i, host)).join(""));
  const args = [
    ...["--input-file", `${file}|100000%`, "--input-file-loop", "--input-file-read-depth", String(FILE_REQUESTS)],
    ...["--output-http", endpoint.url, "--output-http-workers", String(IN_FLIGHT), "--exit-after", `${seconds}s`],
  ];
  await endpoint.answered();
  const run = await runProgram({ exec, args, silent: true, signal });
  const answered = await endpoint.answered();
  if (answered.requests === 0) throw new Error("the peer sent nothing");
  return toSample(answered.requests, answered.seconds, run);
}

/** One request in goreplay's form: kind, id, nanoseconds; the request; its end. */
function recorded(index: number, host: string): string {
  const id = index.toString(16).padStart(24, "0");
  const head = [
    `POST /endpoints/${ENDPOINT}/invocations HTTP/1.1`,
    `Host: ${host}`,
    "Content-Type: application/json",
    `Content-Length: ${INPUT.length}`,
  ];
  return `1 ${id} ${1_761_955_200_000_000_000n + BigInt(index) * 1_000_000n} 0\n${head.join("\r\n")}\r\n\r\n${INPUT}\n🐵🙈🙉\n`;
}
