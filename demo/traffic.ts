/** Plays the legacy system: asks its model over HTTP, and keeps input and output as messages in the default envelope. */
import { Agent, request } from "node:http";
import { performance } from "node:perf_hooks";

export interface TrafficOptions {
  readonly url: string;
  readonly model: string;
  /** Ids are `<prefix>-<index>`. */
  readonly idPrefix: string;
  /** UTC milliseconds of the first message; one more per message. */
  readonly startedAt: number;
  readonly concurrency: number;
}

/** One NDJSON line per text, in the order of the texts. */
export async function recordTraffic(texts: readonly string[], options: TrafficOptions): Promise<string[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: options.concurrency });
  const lines = new Array<string>(texts.length);
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < texts.length; index = next++) {
      lines[index] = await ask(agent, texts[index] as string, index, options);
    }
  };
  try {
    await Promise.all(Array.from({ length: options.concurrency }, worker));
  } finally {
    agent.destroy();
  }
  return lines;
}

/** The envelope is put together from the bytes sent and received: nothing is parsed and printed again. */
async function ask(agent: Agent, text: string, index: number, options: TrafficOptions): Promise<string> {
  const input = JSON.stringify({ text });
  const started = performance.now();
  const { status, body } = await post(agent, `${options.url}/invocations`, input);
  const latencyMs = Math.round((performance.now() - started) * 1000) / 1000;
  const id = JSON.stringify(`${options.idPrefix}-${index}`);
  const model = JSON.stringify(options.model);
  const head = `"id":${id},"model":${model},"capturedAt":${options.startedAt + index},"latencyMs":${latencyMs}`;
  return `{${head},"status":${status},"input":${input},"output":${body}}`;
}

function post(agent: Agent, url: string, body: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, {
      method: "POST",
      agent,
      headers: { "content-type": "application/json", "content-length": Buffer.byteLength(body) },
    });
    outgoing.on("error", reject);
    outgoing.on("response", (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on("error", reject);
      incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
      incoming.on("end", () => {
        resolve({ status: incoming.statusCode ?? 0, body: Buffer.concat(chunks).toString("utf8") });
      });
    });
    outgoing.end(body);
  });
}
