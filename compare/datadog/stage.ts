/** `cutover datadog monitors` and `dashboard`: documents on stdout, in files, or in Datadog itself. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { parseDuration } from "../../src/config/units.ts";
import { CutoverError } from "../../src/errors.ts";
import type { Session } from "../../src/session.ts";
import { fileOutput, jsonText } from "../print.ts";
import { table } from "../report/table.ts";
import { visible } from "../report/text.ts";
import { datadogApi } from "./api.ts";
import { type Applied, applyDashboard, applyMonitors } from "./apply.ts";
import { dashboardOf } from "./dashboard.ts";
import { monitorsOf } from "./monitors.ts";
import type { KeyedMonitor } from "./types.ts";

export interface DatadogOptions {
  readonly target?: readonly string[] | undefined;
  readonly notify?: readonly string[] | undefined;
  readonly every?: string | undefined;
  /** Folder for one file a document. */
  readonly out?: string | undefined;
  readonly apply?: boolean | undefined;
}

type Env = Readonly<Record<string, string | undefined>>;

export async function monitorsAction(session: Session, options: DatadogOptions, env: Env): Promise<void> {
  warnWithoutMetrics(session);
  const everyHours = hoursOf(options.every);
  const documents = monitorsOf(session.config, { targets: options.target, notify: options.notify, everyHours });
  if (options.apply) return applied(session, await applyMonitors(apiOf(session, env), documents));
  if (options.out !== undefined) {
    const width = String(documents.length).length;
    const named = documents.map(
      ({ key, monitor }, i) => [`${String(i + 1).padStart(width, "0")}-${key}.json`, monitor] as const,
    );
    return writeAll(session, options.out, named);
  }
  await print(session, { monitors: documents }, () => renderMonitors(documents, session.streams.stdout.columns));
}

export async function dashboardAction(session: Session, options: DatadogOptions, env: Env): Promise<void> {
  warnWithoutMetrics(session);
  const dashboard = dashboardOf(session.config);
  if (options.apply) {
    return applied(session, { monitors: [await applyDashboard(apiOf(session, env), dashboard)], stale: [] });
  }
  if (options.out !== undefined) return writeAll(session, options.out, [["dashboard.json", dashboard]]);
  // It is for a program, whoever asks: there is nothing in it to read on a terminal.
  await print(session, dashboard, () => `${JSON.stringify(dashboard, null, 2)}\n`);
}

function apiOf({ signal, clock }: Session, env: Env): ReturnType<typeof datadogApi> {
  return datadogApi(env, { signal, sleep: (ms, stop) => clock.sleep(ms, stop) });
}

function warnWithoutMetrics({ config, log }: Session): void {
  if (config.metrics.dogstatsd !== undefined) return;
  log.warn(
    "metrics.dogstatsd is not configured, so nothing is sent that these could show: prefix cutover and no tags are assumed",
  );
}

/** Runs come hourly at most and weekly at least: the windows that Datadog has. */
function hoursOf(every: string | undefined): number | undefined {
  if (every === undefined) return undefined;
  const hours = (parseDuration(every) ?? Number.NaN) / 3_600_000;
  if (Number.isInteger(hours) && hours >= 1 && hours <= 168) return hours;
  throw new CutoverError("USAGE", "not a time between runs", {
    place: "--every",
    expected: "whole hours from 1h to 168h, or days from 1d to 7d",
    received: every,
  });
}

async function writeAll(
  session: Session,
  folder: string,
  files: readonly (readonly [name: string, document: object])[],
): Promise<void> {
  await mkdir(folder, { recursive: true }).catch((cause: unknown) => {
    throw new CutoverError("USAGE", "the folder cannot be made", { place: folder, cause });
  });
  for (const [name, document] of files) {
    const file = await fileOutput(join(folder, name));
    await file.write(`${JSON.stringify(document, null, 2)}\n`);
    await file.close();
  }
  const written = files.map(([name]) => join(folder, name));
  await print(session, { files: written }, () => `${written.join("\n")}\n`);
}

async function applied(
  session: Session,
  result: {
    readonly monitors: readonly Applied[];
    readonly stale: readonly { readonly id: number; readonly name: string }[];
  },
): Promise<void> {
  for (const { id, name } of result.stale)
    session.log.warn("a monitor of an earlier config is left in Datadog: delete it there if nobody needs it", {
      id,
      name,
    });
  await print(session, result, () => result.monitors.map(({ key, id, did }) => `${did} ${key} ${id}\n`).join(""));
}

async function print({ flags, streams, log }: Session, document: object, text: () => string): Promise<void> {
  await log.flush();
  await streams.stdout.write(flags.json ? jsonText(document) : text());
}

function renderMonitors(documents: readonly KeyedMonitor[], columns: number): string {
  const rows = documents.map(({ key, monitor: { priority, type, query } }) => [
    key,
    `P${priority}`,
    type,
    visible(query),
  ]);
  const lines = table(
    [
      { title: "key", align: "left", drop: 0 },
      { title: "", align: "left", drop: 2 },
      { title: "type", align: "left", drop: 1 },
      { title: "query", align: "left", drop: 0, flexible: true },
    ],
    rows,
    columns,
  );
  return `${lines.join("\n")}\n`;
}
