import { describe, expect, test } from "vitest";
import type { Caps, Ending } from "../../replay/pace/caps.ts";
import type { Act, Seen } from "../support/misbehaving-server.ts";
import { runEngine } from "./engine-world.ts";
import { filled, serve } from "./serving.ts";
import { httpTo, readResults } from "./world.ts";

/** At most so many requests. */
function capOf(most: number, now: boolean): Caps & { readonly noted: number } {
  let places = 0;
  let noted = 0;
  const ending: Ending = { reason: "max_requests", detail: `${most} requests`, now };
  return {
    mayStart: () => places < most && ++places > 0,
    giveBack: () => void places--,
    note: () => void noted++,
    ending: () => (places >= most ? ending : undefined),
    get noted() {
      return noted;
    },
  };
}

describe("a cap", () => {
  test.each([1, 37, 119])("of %i requests is never passed, and what was sent is stored", async (most) => {
    const server = await serve(() => ({ do: "answer", delayMs: 3 }));
    const store = await filled();
    const caps = capOf(most, false);
    const { engine, run, call } = await runEngine(store, httpTo(server.url), { caps });
    expect(engine.ended).toMatchObject({ reason: "max_requests" });
    expect(server.seen.length).toBe(most);
    expect(call.sent).toBe(most);
    expect(caps.noted).toBe(most);
    expect(await readResults(store, run)).toHaveLength(most);
  });

  test("that is not reached ends nothing", async () => {
    const server = await serve();
    const store = await filled();
    const { engine, run } = await runEngine(store, httpTo(server.url), { caps: capOf(121, false) });
    expect(engine.ended).toBeUndefined();
    expect(await readResults(store, run)).toHaveLength(120);
  });

  test("lets a request that has begun have its further tries, unless it ends the call now", async () => {
    const script = ({ before }: Seen): Act =>
      before === 0 ? { do: "answer", status: 503, delayMs: 3 } : { do: "answer" };
    for (const now of [false, true]) {
      const server = await serve(script);
      const store = await filled();
      const slow = httpTo(server.url, { retry: { attempts: 3, backoff: "50ms", maxWait: "2s" } });
      const { run } = await runEngine(store, slow, { caps: capOf(4, now), random: () => 1 });
      expect(await readResults(store, run)).toHaveLength(now ? 0 : 4);
      expect(server.seen.length).toBe(now ? 4 : 8);
    }
  });
});

test("no try is made once it may not be: what is in flight is stored, what waits is given up", async () => {
  const server = await serve(() => ({ do: "answer", delayMs: 5 }));
  const store = await filled();
  let tries = 0;
  const { run } = await runEngine(store, httpTo(server.url), { mayTry: () => ++tries <= 25 });
  expect(server.seen.length).toBe(25);
  expect(await readResults(store, run)).toHaveLength(25);
});
