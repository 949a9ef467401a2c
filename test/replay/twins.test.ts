import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { readStored } from "../../replay/results/stored.ts";
import { createTwins } from "../../replay/twins.ts";
import type { SendRow } from "../../replay/unit.ts";
import type { ReplayedRecord } from "../../src/record.ts";
import { memoryStore } from "../../src/store/memory.ts";
import { type Act, type MisbehavingServer, misbehavingServer, type Seen } from "../support/misbehaving-server.ts";
import { runEngine } from "./engine-world.ts";
import { httpTo, readResults, row, text, writeCapture } from "./world.ts";

const servers: MisbehavingServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});
async function serve(script: (seen: Seen) => Act): Promise<MisbehavingServer> {
  const server = await misbehavingServer(script);
  servers.push(server);
  return server;
}

const bytes = (value: string): Uint8Array => new TextEncoder().encode(value);

describe("with dedupe", () => {
  test("identical requests of a capture object are sent once; each has the answer, and those that share it say so", async () => {
    const server = await serve(({ body, index }) => ({ do: "answer", delayMs: 3, body: `${body} ${index}` }));
    const store = memoryStore();
    // Seven inputs, two models, one content type more, and attributes: 7 × 2 + 1 + 1 requests.
    const records = Array.from({ length: 100 }, (_, i) => {
      const spec = { model: i % 2 ? "a" : "b", offset: BigInt(i), input: bytes(`input ${i % 7}`) };
      if (i === 40) return row({ ...spec, inputType: "text/csv" });
      return row(i === 41 ? { ...spec, attributes: '{"tenant":"x"}' } : spec);
    });
    await writeCapture(store, records, 20);
    const target = httpTo(server.url, { dedupe: true, concurrency: { perEndpoint: 4, total: 8 } });
    const { run, stored, call } = await runEngine(store, target);
    expect(server.seen.length).toBe(16);
    expect(call.sent).toBe(16);
    expect(stored).toMatchObject({ replayed: 100, failed: 0, shared: 84, attempts: 16 });
    expect(stored.latency.count + stored.coldLatency.count).toBe(16);
    const results = await readResults(store, run);
    expect(results.map(({ id, offset }) => [id, offset])).toEqual(records.map(({ id, offset }) => [id, offset]));
    const sent = results.filter(({ attempts }) => attempts > 0);
    expect(sent).toHaveLength(16);
    for (const { offset, model, output } of results) {
      const own = records[Number(offset)] as (typeof records)[number];
      expect(text(output)?.replace(/ \d+$/, "")).toBe(text(own.input));
      const path = server.seen[Number(text(output)?.split(" ").at(-1))]?.path;
      expect(path).toBe(`/${model}/invocations`);
    }
    // What a call has sent and not stored is counted by requests sent.
    expect((await readStored(store, run)).byCall.get(call.number)).toBe(16);
    const again = await runEngine(store, target);
    expect(again.call.sent).toBe(0);
  });

  test("a failure is not shared: the next of its twins is sent", async () => {
    const server = await serve(({ before, body }) =>
      body.toString() === "bad" || before < 2 ? { do: "answer", status: 413 } : { do: "answer" },
    );
    const store = memoryStore();
    const records = Array.from({ length: 20 }, (_, i) =>
      row({ model: "a", offset: BigInt(i), input: bytes(i < 15 ? "good" : "bad") }),
    );
    await writeCapture(store, records);
    const { run, stored } = await runEngine(store, httpTo(server.url, { dedupe: true }));
    expect(stored).toMatchObject({ replayed: 13, failed: 7, shared: 12 });
    expect(server.seen.length).toBe(3 + 5);
    expect((await readResults(store, run)).filter(({ outcome }) => outcome === "too_large")).toHaveLength(7);
  });

  test("an endpoint that is parked leaves out the twins that waited", async () => {
    const server = await serve(() => ({ do: "answer", status: 404, delayMs: 5 }));
    const store = memoryStore();
    await writeCapture(
      store,
      Array.from({ length: 50 }, (_, i) => row({ model: "a", offset: BigInt(i), input: bytes("x") })),
    );
    const { run, parked } = await runEngine(store, httpTo(server.url, { dedupe: true }));
    expect([...parked.values()]).toEqual(["endpoint_missing"]);
    expect(server.seen.length).toBe(1);
    expect(await readResults(store, run)).toEqual([]);
  });
});

test("without dedupe identical requests are each sent", async () => {
  const server = await serve(() => ({ do: "answer" }));
  const store = memoryStore();
  await writeCapture(
    store,
    Array.from({ length: 9 }, (_, i) => row({ model: "a", offset: BigInt(i), input: bytes("x") })),
  );
  const { stored } = await runEngine(store, httpTo(server.url));
  expect(server.seen.length).toBe(9);
  expect(stored.shared).toBe(0);
});

test("whatever comes in whatever order and within whatever bounds, each row is sent or shares an answer of its bytes, once", () => {
  const step = fc.record({ input: fc.nat(3), settle: fc.nat(3), fails: fc.boolean() });
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 120 }),
      fc.record({ rows: fc.integer({ min: 0, max: 12 }), bytes: fc.integer({ min: 0, max: 3_000 }) }),
      (steps, limits) => {
        const twins = createTwins(limits);
        const atWork: SendRow[] = [];
        const ends = new Map<bigint, string>();
        const end = (offset: bigint, how: string): void => {
          expect(ends.has(offset)).toBe(false);
          ends.set(offset, how);
        };
        const settle = (at: number, fails: boolean): void => {
          const [sent] = atWork.splice(at, 1) as [SendRow];
          end(sent.offset, "sent");
          if (fails) {
            const next = twins.failed(sent);
            if (next) atWork.push(next);
            return;
          }
          const record = { outcome: "ok", status: 200, output: sent.input, attempts: 1 } as ReplayedRecord;
          for (const twin of twins.answered(sent, record)) {
            expect([text(twin.output), twin.attempts]).toEqual([text(sent.input), 0]);
            end(twin.offset, "shared");
          }
        };
        steps.forEach(({ input, settle: at, fails }, i) => {
          const one: SendRow = { ...row({ model: "m", offset: BigInt(i), input: bytes(`${input}`) }) };
          const met = twins.meet(one);
          if (met === "send") atWork.push(one);
          else if (met !== "wait") {
            expect(text(met.output)).toBe(`${input}`);
            end(met.offset, "shared");
          }
          if (at < atWork.length) settle(at, fails);
        });
        while (atWork.length > 0) settle(0, false);
        expect(ends.size).toBe(steps.length);
      },
    ),
  );
});
