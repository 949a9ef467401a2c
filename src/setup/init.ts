/** `cutover init`: a commented config in which every line that is not a comment is one to look at. */
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { DEFAULT_CONFIG_FILE } from "../config/load.ts";
import { CutoverError, EXIT } from "../errors.ts";
import type { Surroundings } from "../open-session.ts";

/** Writes the file, and never over one that is there unless `force`. */
export async function writeConfig(around: Surroundings, { force }: { readonly force: boolean }): Promise<number> {
  const file = around.configFile ?? DEFAULT_CONFIG_FILE;
  try {
    await writeFile(file, CONFIG_TEMPLATE, { flag: force ? "w" : "wx" });
  } catch (cause) {
    const exists = cause instanceof Error && "code" in cause && cause.code === "EEXIST";
    throw new CutoverError("USAGE", exists ? `${file} is there already` : `${file} cannot be written`, {
      place: path.resolve(file),
      hint: exists ? "cutover init --force overwrites it" : "check that the folder is there and can be written to",
      ...(exists ? {} : { cause }),
    });
  }
  const done = around.flags.json ? JSON.stringify({ file }) : `${file} written; next: edit it, then cutover doctor`;
  await (around.flags.json ? around.streams.stdout : around.streams.stderr).write(`${done}\n`);
  return EXIT.pass;
}

export const CONFIG_TEMPLATE = `# cutover.yaml: what is captured, where it is replayed, and by which rules the answers are judged.
# Relative paths start at this file's folder. 'cutover config --sources' shows what holds and why,
# 'cutover doctor' whether all of it answers, 'cutover config --schema' is the JSON Schema for editors.

# Where captures, replays and results live: a folder, or s3://bucket/prefix (credentials: AWS default chain).
store: ./data
# s3:
#   endpoint: http://127.0.0.1:9000   # an S3-compatible server
#   region: us-east-1
#   forcePathStyle: true
#   sse: aws:kms                      # or AES256

capture:
  source:                             # exactly one of kafka, files
    kafka:
      brokers: ["127.0.0.1:9092"]
      topics: [inference]
      group: cutover-capture
      # tls: true                       # or { ca: ca.pem, cert: client.pem, key: client.key, serverName: NAME }
      # sasl: { mechanism: scram-sha-512, username: me, password: "\${KAFKA_PASSWORD}" }   # or plain, scram-sha-256
      # format: cloudevents             # paths of map start at the event's data; ce:NAME is its attribute
    # files: ["captures/*.ndjson"]    # plain, .gz or .zst; "-" is stdin
  # map:                              # where each field stands in a message; these are the defaults
  #   id: $.id                        # $.json.path, header:NAME, hex:NAME, key, value, position, or a list of
  #                                   # these, of which the first that is there counts; for id also auto
  #   model: $.model
  #   input: $.input                  # kept as the bytes that stand there
  #   output: $.output
  # rotate: { bytes: 64MiB, records: 200000, interval: 5m }
  # sample: [ { models: "*", rate: 1 } ]
  # maxRejectRate: 0.01               # above it capture stops with an error
  # memory: 512MiB
  # health: { port: 8080 }            # /healthz and /readyz; host: 0.0.0.0 for probes from outside (Kubernetes)

targets:
  candidate:                          # the name for: cutover replay --target candidate
    http:
      url: "http://127.0.0.1:8080/{model}/invocations"
      # headers: { authorization: "Bearer \${TOKEN}" }   # \${NAME} comes from the environment
    # sagemaker: { endpoint: "mod-{model}", region: eu-west-1 }
    # command: { run: ["java", "-jar", "scorer.jar", "{model}"], processes: { perModel: 1, total: 8 } }
    #   a program per model, started here and again when it dies; for each request one line on its stdin:
    #     {"n":1,"id":"…","model":"…","contentType":"…","accept":"…","input":…}
    #   and one line on its stdout, with the same n:  {"n":1,"output":…,"status":200,"contentType":"…"}
    #   a body that cannot stand in a line as JSON or text comes, and may go, as input_base64, output_base64
    # module: { path: ./model.mjs }     # export default (request) => bytes, text or { output, status, contentType }
    # concurrency: { perEndpoint: 20, total: 200 }
    # timeout: 60s
    # retry: { attempts: 5, maxWait: 360s, backoff: 200ms }

models:                               # every matching pattern applies, in this order; the first to say a thing wins
  "*":
    rules:
      - { path: $.label, type: label }
      - { path: $.score, type: decision, threshold: 0.5, band: 0.01 }
      - { path: $.score, type: number, atol: 1e-9, rtol: 1e-6 }
      # - { path: $.timing, type: ignore, reason: wall time, owner: ml-platform, expires: 2027-06-30 }
    default: exact                    # judges every path that no rule matches
    # mask: [$.user.email, $..text]   # shown as ••• in requests, answers, findings and reports; judged all the same
    gate: { maxMismatchRate: 0.001, confidence: 0.99, minCoverage: 1.0, maxErrorRate: 0.001 }

# metrics:
#   dogstatsd: { url: "udp://127.0.0.1:8125", prefix: cutover, tags: { env: ci } }
`;
