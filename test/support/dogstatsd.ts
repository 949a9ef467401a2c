/**
 * A DogStatsD listener for assertions: everything that the protocol can carry, kept as it came. It exists beside the
 * real receiver because that one drops service checks and events.
 */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";

export type Tags = Readonly<Record<string, string>>;
export type MetricType = "c" | "g" | "d" | "h" | "ms" | "s";

export interface Metric {
  readonly name: string;
  readonly type: MetricType;
  readonly values: readonly number[];
  /** Share of the samples that were sent: a counter of 2 at rate 0.5 stands for 4. */
  readonly rate: number;
  readonly tags: Tags;
}
export interface Check {
  readonly name: string;
  readonly status: number;
  readonly message: string | undefined;
  readonly tags: Tags;
}
export interface Event {
  readonly title: string;
  readonly text: string;
  readonly tags: Tags;
}

export interface Received {
  readonly metrics: readonly Metric[];
  readonly events: readonly Event[];
  /** Lines that are not DogStatsD; a test of a sender expects none. */
  readonly malformed: readonly string[];
  /** Sum of a counter over every datagram, scaled by its rate; only those that carry all of `tags`. */
  counts(name: string, tags?: Tags): number;
  /** Values of a gauge in the order of arrival. */
  gauges(name: string, tags?: Tags): number[];
  distributions(name: string, tags?: Tags): number[];
  checks(name: string, tags?: Tags): Check[];
}

export interface DogstatsdListener {
  readonly port: number;
  readonly url: string;
  /** Waits until nothing has come for `quietMs`, then resolves with all that came since the last drain. */
  drain(quietMs?: number): Promise<Received>;
  close(): Promise<void>;
}

/** Listens on a free UDP port of loopback. */
export async function listenDogstatsd(): Promise<DogstatsdListener> {
  const socket = createSocket({ type: "udp4", recvBufferSize: 4 * 1024 * 1024 });
  let lines: string[] = [];
  let last = performance.now();
  socket.on("message", (datagram) => {
    last = performance.now();
    lines.push(...datagram.toString("utf8").split("\n"));
  });
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  const { port } = socket.address();
  return {
    port,
    url: `udp://127.0.0.1:${port}`,
    async drain(quietMs = 200) {
      last = performance.now();
      while (performance.now() - last < quietMs) await sleep(quietMs / 4);
      const taken = lines;
      lines = [];
      return readLines(taken);
    },
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}

/** Reads the lines of datagrams; empty lines, as senders leave at the end, say nothing. */
export function readLines(lines: readonly string[]): Received {
  const metrics: Metric[] = [];
  const checks: Check[] = [];
  const events: Event[] = [];
  const malformed: string[] = [];
  for (const line of lines) {
    if (line === "") continue;
    const parsed = parseEvent(line) ?? parseCheck(line) ?? parseMetric(line);
    if (parsed === undefined) malformed.push(line);
    else if ("title" in parsed) events.push(parsed);
    else if ("status" in parsed) checks.push(parsed);
    else metrics.push(parsed);
  }
  const of = (type: MetricType, name: string, tags: Tags): Metric[] =>
    metrics.filter((metric) => metric.type === type && metric.name === name && carries(metric.tags, tags));
  return {
    metrics,
    events,
    malformed,
    counts: (name, tags = {}) =>
      of("c", name, tags).reduce((sum, { values, rate }) => sum + values.reduce((a, b) => a + b, 0) / rate, 0),
    gauges: (name, tags = {}) => of("g", name, tags).flatMap(({ values }) => values),
    distributions: (name, tags = {}) => of("d", name, tags).flatMap(({ values }) => values),
    checks: (name, tags = {}) => checks.filter((check) => check.name === name && carries(check.tags, tags)),
  };
}

/** `name:value[:value…]|type[|@rate][|#tag:value,…]`, other sections (container, timestamp) passed over. */
function parseMetric(line: string): Metric | undefined {
  const match = /^([^:|@#\s]+):([^|]+)\|(c|g|d|h|ms|s)((?:\|[@#cTe][^|]*)*)$/.exec(line);
  if (match === null) return undefined;
  const [, name = "", written = "", type, rest = ""] = match;
  const values = written.split(":").map(Number);
  const sections = rest.split("|");
  const rate = Number(sections.find((section) => section.startsWith("@"))?.slice(1) ?? 1);
  if (![...values, rate].every(Number.isFinite)) return undefined;
  return { name, type: type as MetricType, values, rate, tags: parseTags(sections) };
}

/** `_sc|name|status[|d:time][|h:host][|#tags][|m:message]`; the message comes last and may hold anything but `|`. */
function parseCheck(line: string): Check | undefined {
  const match = /^_sc\|([^|]+)\|([0-3])((?:\|[^|]+)*)$/.exec(line);
  if (match === null) return undefined;
  const sections = (match[3] ?? "").split("|");
  const message = sections.find((section) => section.startsWith("m:"))?.slice(2);
  return {
    name: match[1] ?? "",
    status: Number(match[2]),
    message: unescapeNewlines(message),
    tags: parseTags(sections),
  };
}

/** `_e{bytes of title,bytes of text}:title|text[|…][|#tags]`: the lengths decide, as title and text may hold `|`. */
function parseEvent(line: string): Event | undefined {
  const match = /^_e\{(\d+),(\d+)\}:/.exec(line);
  if (match === null) return undefined;
  const body = Buffer.from(line.slice(match[0].length), "utf8");
  const [titleBytes, textBytes] = [Number(match[1]), Number(match[2])];
  const end = titleBytes + 1 + textBytes;
  const rest = body.subarray(end).toString("utf8");
  if (body[titleBytes] !== "|".charCodeAt(0) || body.length < end || (rest !== "" && rest[0] !== "|")) return undefined;
  return {
    title: body.subarray(0, titleBytes).toString("utf8"),
    text: unescapeNewlines(body.subarray(titleBytes + 1, end).toString("utf8")) ?? "",
    tags: parseTags(rest.split("|")),
  };
}

function parseTags(sections: readonly string[]): Tags {
  const written = sections.find((section) => section.startsWith("#"))?.slice(1) ?? "";
  const pairs = written.split(",").filter((tag) => tag !== "");
  return Object.fromEntries(pairs.map((tag) => [tag.split(":", 1)[0], tag.slice(tag.indexOf(":") + 1)]));
}

function carries(tags: Tags, wanted: Tags): boolean {
  return Object.entries(wanted).every(([name, value]) => tags[name] === value);
}

function unescapeNewlines(text: string | undefined): string | undefined {
  return text?.replaceAll("\\n", "\n");
}
