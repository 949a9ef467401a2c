/** What the commands print of a comparison, and where its files stand. */
import { spawn } from "node:child_process";
import { mkdtemp, open, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { CutoverError, EXIT, type ExitCode } from "../src/errors.ts";
import { inertJson } from "../src/inert.ts";
import { reportKey } from "../src/lake/keys.ts";
import type { GlobalFlags, Session } from "../src/session.ts";
import type { Given } from "../src/shell.ts";
import type { Output } from "../src/streams.ts";
import type { TerminalOptions } from "./report/terminal.ts";
import type { Summary } from "./summary.ts";
import type { Versus } from "./versus/versus.ts";

/** The summary on stdout: one JSON document, or the table; `quietEnd` leaves out what to try next. */
export async function printSummary(
  { flags, streams, log, given }: Session,
  summary: Summary & { readonly versus?: Versus; readonly seconds?: number },
  options: { readonly quietEnd?: boolean } = {},
): Promise<void> {
  const { stdout } = streams;
  // The line of progress ends before the answer begins.
  await log.flush();
  if (flags.json) return stdout.write(jsonText(summary));
  const { renderTerminal } = await import("./report/terminal.ts");
  await stdout.write(renderTerminal(summary, { ...terminalOf(stdout, flags, given), ...options }));
}

function terminalOf({ isTTY, columns }: Output, { color }: GlobalFlags, given: Given | undefined): TerminalOptions {
  return { color: color && isTTY, columns, given };
}

/** A document for stdout, which may be the log of a CI runner. */
export function jsonText(document: unknown): string {
  return `${inertJson(JSON.stringify(document, null, 2))}\n`;
}

/** A result on stdout: one JSON document, or the text for a terminal as it is. */
export async function printResult<T>(
  { flags, streams, log, given }: Session,
  result: T,
  render: (result: T, options: TerminalOptions) => string,
): Promise<ExitCode> {
  const { stdout } = streams;
  await log.flush();
  await stdout.write(flags.json ? jsonText(result) : render(result, terminalOf(stdout, flags, given)));
  return EXIT.pass;
}

/** Where a person opens the report: a path for a local store, else the store's own address. */
export function reportPlace(session: Session, summary: Pick<Summary, "run" | "rules">): string {
  const key = reportKey(summary.run, summary.rules);
  return isLocal(session) ? join(session.store.url, key) : `${session.store.url.replace(/\/$/, "")}/${key}`;
}

/** A local file with the report: in the store when that is a folder, else a copy. */
export async function localReport(session: Session, summary: Summary, page: string): Promise<string> {
  return isLocal(session) ? reportPlace(session, summary) : temporaryReport(page);
}

export async function temporaryReport(page: string): Promise<string> {
  const path = join(await mkdtemp(join(tmpdir(), "cutover-")), "report.html");
  await writeFile(path, page);
  return path;
}

/** Opens a file in the browser, and does not wait for it. */
export async function openInBrowser(path: string): Promise<void> {
  const [command, ...args] = OPENERS[process.platform] ?? ["xdg-open"];
  const page = pathToFileURL(resolve(path)).href;
  const child = spawn(command as string, [...args, page], { detached: true, stdio: "ignore" });
  await new Promise<void>((done, failed) => {
    child.once("spawn", done);
    child.once("error", (cause) => {
      const hint = `open ${path} yourself`;
      failed(
        new CutoverError("USAGE", "no program to open a browser with", { expected: String(command), hint, cause }),
      );
    });
  });
  child.unref();
}

const OPENERS: Readonly<Record<string, readonly string[]>> = {
  darwin: ["open"],
  win32: ["explorer.exe"],
};

function isLocal({ store }: Session): boolean {
  return !/^[a-z0-9]{2,}:/.test(store.url);
}

/** A file as an Output, made anew; USAGE when it cannot be made. */
export async function fileOutput(path: string): Promise<Output & { close(): Promise<void> }> {
  const handle = await open(path, "w").catch((cause: unknown) => {
    const hint = "give --out a file in a folder that exists and can be written";
    throw new CutoverError("USAGE", "the file cannot be written", { place: path, hint, cause });
  });
  return {
    isTTY: false,
    columns: 80,
    write: (data) => handle.writeFile(data),
    close: () => handle.close(),
  };
}
