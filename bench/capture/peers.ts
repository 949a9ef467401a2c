/** What a user would pick instead of capture, each the whole program with its own client, encoder and S3 library. */
import { fileURLToPath } from "node:url";
import { goProgram } from "../lib/go.ts";
import type { Program } from "../lib/measure.ts";
import { pythonWith } from "../lib/python.ts";

export const CAPTURE_PEERS = ["go-members", "go-raw", "pyarrow", "parquetjs-lite", "kafkajs-drop"] as const;
export type CapturePeer = (typeof CAPTURE_PEERS)[number];
type PeerProgram = Pick<Program, "args" | "exec">;

const ENCODERS = "2";
const PYTHON = ["confluent-kafka==2.16.1", "pyarrow==26.0.1", "boto3==1.44.5"];
const peerFile = (name: string): string => fileURLToPath(new URL(`../peers/${name}`, import.meta.url));
const node = (name: string): PeerProgram => ({ args: [peerFile(name)] });

const PREPARE: Readonly<Record<CapturePeer, () => Promise<PeerProgram>>> = {
  "go-members": async () => ({ exec: await goProgram("go-capture"), args: ["-par", ENCODERS] }),
  "go-raw": async () => ({ exec: await goProgram("go-capture"), args: ["-raw", "-par", ENCODERS] }),
  pyarrow: async () => ({ exec: await pythonWith(PYTHON), args: [peerFile("pyarrow-capture.py")] }),
  "parquetjs-lite": async () => node("parquetjs-lite.ts"),
  "kafkajs-drop": async () => node("kafkajs-drop.ts"),
};

/** Builds or installs what a peer needs; how it is started then. */
export function preparePeer(name: CapturePeer): Promise<PeerProgram> {
  return PREPARE[name]();
}
