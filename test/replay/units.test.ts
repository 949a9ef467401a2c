import { expect, test } from "vitest";
import { pinnedRun } from "../../replay/planned.ts";
import { DEFAULT_TUNING } from "../../replay/stage.ts";
import { openUnitReplayer } from "../../replay/units.ts";
import { filled, serve } from "./serving.ts";
import { httpTo, readResults, sessionOf } from "./world.ts";

test("a batch of units is sent and stored, and what was measured of it is told before it ends", async () => {
  const server = await serve();
  const store = await filled();
  const counts = new Map<string, number>();
  const session = sessionOf(store, { t: httpTo(server.url) }, { counts });
  const run = await pinnedRun(session, { target: "t" }, 1, (pinned) => pinned);
  // It ends long before the first look around.
  const replayer = await openUnitReplayer(session, { ...DEFAULT_TUNING, tickMs: 600_000 });
  const batch = {
    run: run.run,
    bucket: 0,
    keys: run.objects.map(({ key }) => key),
    stop: new AbortController().signal,
    mayTry: () => true,
    lanes: 1,
  };
  expect(await replayer.run(batch)).toBe(true);
  await replayer.close();
  expect(await readResults(store, run.run)).toHaveLength(120);
  expect(server.seen).toHaveLength(120);
  expect(counts.get("replay.requests")).toBe(120);
});
