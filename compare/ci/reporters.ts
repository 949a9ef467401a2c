/** Which reporters a command was asked for, and writing what they render. */
import { appendFile, readFile, stat } from "node:fs/promises";
import path from "node:path";
import { CutoverError } from "../../src/errors.ts";
import { LIMITS } from "../../src/limits.ts";
import type { Session } from "../../src/session.ts";
import { fileOutput } from "../print.ts";
import type { Summary } from "../summary.ts";
import { renderAnnotations } from "./github.ts";
import { renderJunit } from "./junit.ts";
import { renderMarkdown } from "./markdown.ts";
import { NO_PLACES, type Places, placesIn } from "./places.ts";

/** Closed set. `github` is also detected; the others write a file, named after `=`. */
const DEFAULT_FILES = { junit: "junit.xml", markdown: "cutover.md", github: null } as const;
type Name = keyof typeof DEFAULT_FILES;

export interface Reporter {
  readonly name: Name;
  readonly file: string | null;
}

type Env = Readonly<Record<string, string | undefined>>;

/** Those that the environment calls for. */
export function detectReporters(env: Env): Reporter[] {
  return env.GITHUB_ACTIONS === "true" ? [{ name: "github", file: null }] : [];
}

/** `junit=out/junit.xml`, `markdown`, `github`; none for `none`. */
export function parseReporter(text: string): Reporter[] {
  if (text === "none") return [];
  const [name = "", ...rest] = text.split("=");
  const file = rest.join("=");
  if (
    Object.hasOwn(DEFAULT_FILES, name) &&
    !(name === "github" && rest.length > 0) &&
    (rest.length === 0 || file !== "")
  ) {
    return [{ name: name as Name, file: file === "" ? DEFAULT_FILES[name as Name] : file }];
  }
  throw new CutoverError("USAGE", "there is no such reporter", {
    place: "--reporter",
    expected: "junit, junit=FILE, markdown, markdown=FILE, github, or none",
    received: text,
  });
}

/** Writes files and annotations; a file that cannot be written is USAGE, so that no job goes on without its result. */
export async function report(
  session: Session,
  summary: Summary,
  reporters: readonly Reporter[],
  env: Env,
): Promise<void> {
  for (const { name, file } of reporters) {
    if (name === "github") await reportToGithub(session, summary, env);
    else await write(file ?? "", name === "junit" ? renderJunit(summary) : comment(summary));
  }
}

/** GitHub takes comments of 65,536 characters; a few stay for what a job puts around it. */
function comment(summary: Summary): string {
  return renderMarkdown(summary, { maxBytes: LIMITS.ciCommentBytes });
}

async function write(file: string, text: string): Promise<void> {
  const output = await fileOutput(file);
  await output.write(text);
  await output.close();
}

/** Annotations on stderr, where the runner reads them, too: stdout may be one JSON document. */
async function reportToGithub(session: Session, summary: Summary, env: Env): Promise<void> {
  await session.log.flush();
  await session.streams.stderr.write(renderAnnotations(summary, await placesOf(session)));
  const file = env.GITHUB_STEP_SUMMARY;
  if (file === undefined || file === "") return;
  const used = await stat(file).then(
    ({ size }) => size,
    () => 0,
  );
  const maxBytes = LIMITS.ciStepSummaryBytes - used;
  try {
    await appendFile(file, renderMarkdown(summary, { maxBytes }));
  } catch (cause) {
    throw new CutoverError("USAGE", "the step summary cannot be written", { place: file, cause });
  }
}

/** Lines of the config file as it stands; paths as the repository has them, which annotations go by. */
async function placesOf({ config, configFile }: Session): Promise<Places> {
  if (configFile === undefined) return NO_PLACES;
  // The YAML parser is loaded only here, so that a command without annotations need not wait for it.
  const { parseConfigDocument } = await import("../../src/config/document.ts");
  const { lineOf } = parseConfigDocument(await readFile(configFile, "utf8"));
  const relative = path.relative(process.cwd(), path.resolve(configFile));
  return placesIn(config, relative, lineOf);
}
