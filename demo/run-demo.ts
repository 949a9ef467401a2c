/** The loop of the demo: legacy answers, capture, replay, compare, verdict, each through the stage itself. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { EXIT } from "../src/errors.ts";
import { type Surroundings, withSession } from "../src/open-session.ts";
import type { Session, Stage } from "../src/session.ts";
import { legacyModel, NO_DEFECTS, PORTING_DEFECTS, portedModel } from "./model.ts";
import { generateReviews } from "./reviews.ts";
import { type ModelServer, serveModel } from "./server.ts";
import { type DemoSummary, showDefects, showNext } from "./show.ts";
import { recordTraffic } from "./traffic.ts";
import { demoConfig, prepareWorkspace, type Workspace } from "./workspace.ts";

export interface DemoOptions {
  readonly fixed: boolean;
  readonly dir: string;
  readonly serve: boolean;
  readonly reviews: number;
  /** How this program was called, for the commands it suggests. */
  readonly program: string;
}

/** The stages, handed in by the composition root: the demo imports none of them. */
export interface DemoStages<Summary extends DemoSummary> {
  readonly capture: Stage<Record<string, never>, { readonly captured: number }>;
  readonly replay: Stage<{ readonly target: string }, { readonly run: string; readonly replayed: number }>;
  readonly compare: Stage<{ readonly run: string }, Summary>;
  /** The summary on stdout: a table, or JSON under --json. */
  readonly print: (session: Session, summary: Summary) => Promise<void>;
}

/** Preferred ports, so that a later `--serve` is found by the config it wrote; taken ones give way to free ones. */
const PORTS = { legacy: 18_080, ported: 18_081, fixed: 18_082 };
const MODEL = "moderation/reviews";
const IN_FLIGHT = 32;

/** What the user has configured elsewhere plays no part: the session is the demo's own. */
export async function runDemo<S extends DemoSummary>(
  around: Surroundings,
  options: DemoOptions,
  stages: DemoStages<S>,
): Promise<number> {
  const workspace = await prepareWorkspace(options.dir);
  const servers = await Promise.all([
    serveModel(legacyModel, PORTS.legacy),
    serveModel(portedModel(PORTING_DEFECTS), PORTS.ported),
    serveModel(portedModel(NO_DEFECTS), PORTS.fixed),
  ]);
  const [legacy, ported, fixed] = servers;
  try {
    await writeFile(workspace.configFile, demoConfig({ ported: ported.url, fixed: fixed.url }));
    const own: Surroundings = { ...around, env: {}, configFile: workspace.configFile, store: undefined };
    await withSession(own, async (session) => {
      const summary = await loop(session, legacy, workspace, options, stages);
      await stages.print(session, summary);
      if (!session.flags.json) await tell(session, workspace, options, summary);
      if (options.serve) await serve(session, servers);
    });
    return EXIT.pass;
  } finally {
    await Promise.all(servers.map((server) => server.close()));
  }
}

async function loop<S extends DemoSummary>(
  session: Session,
  legacy: ModelServer,
  workspace: Workspace,
  options: DemoOptions,
  stages: DemoStages<S>,
): Promise<S> {
  const { log } = session;
  const texts = generateReviews(options.reviews);
  const lines = await recordTraffic(texts, {
    url: legacy.url,
    model: MODEL,
    idPrefix: "review",
    startedAt: session.clock.now() - texts.length,
    concurrency: IN_FLIGHT,
  });
  await writeFile(workspace.trafficFile, `${lines.join("\n")}\n`);
  log.info(`the legacy model answered ${lines.length} reviews`);
  const { captured } = await stages.capture(session, {});
  await log.flush();
  log.info(`captured ${captured} inferences into ${session.store.url}`);
  const { run, replayed } = await stages.replay(session, { target: options.fixed ? "fixed" : "ported" });
  await log.flush();
  log.info(`replayed ${replayed} requests to the new model, run ${run}`);
  return stages.compare(session, { run });
}

async function tell(
  session: Session,
  { dir, configFile }: Workspace,
  { program, fixed }: DemoOptions,
  summary: DemoSummary,
): Promise<void> {
  const { stdout } = session.streams;
  if (!fixed) await stdout.write(showDefects(summary));
  const report = join(dir, "data", "compares", summary.run, summary.rules, "report.html");
  await stdout.write(showNext({ program, configFile, report, run: summary.run, fixed }));
}

async function serve(session: Session, servers: readonly ModelServer[]): Promise<void> {
  const urls = servers.map((server) => server.url).join(", ");
  session.log.info(`serving the models on ${urls}; interrupt to stop`);
  await new Promise<void>((resolve) => session.signal.addEventListener("abort", () => resolve(), { once: true }));
}
