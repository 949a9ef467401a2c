import { expect, test } from "vitest";
import { createAnswerSizes } from "../../replay/pace/answer-size.ts";
import { EndpointPace } from "../../replay/pace/endpoint.ts";
import { createHealth } from "../../replay/pace/health.ts";
import type { Slot } from "../../replay/pace/lane.ts";
import { type SendContext, sendRequest } from "../../replay/send.ts";
import { failure, type Reply, type Target, type TargetRequest } from "../../replay/targets/target.ts";
import { systemClock } from "../../src/clock.ts";
import { type TestClock, testClock } from "../support/clock.ts";

const POSITION = { log: "l@0", partition: 0, offset: 7n };
function slotOf(): Slot {
  const settings = { perEndpoint: 1, adaptive: true, rampUp: 0, retryBudget: 0.2, brokenMs: 60_000 };
  return {
    pace: new EndpointPace(settings, createAnswerSizes(1_000)),
    leave: () => true,
    enter: async () => {},
  };
}

const REQUEST: TargetRequest = {
  id: "a",
  model: "m",
  endpoint: { key: "e", address: "/" },
  body: new Uint8Array(),
  contentType: "application/json",
  accept: "*/*",
  legacyStatus: 200,
};

/** A target that refuses every connection, and waits of a minute between tries. */
function waiting(stop: AbortSignal): SendContext {
  const target: Target = {
    name: "t",
    kind: "http",
    endpoint: () => REQUEST.endpoint,
    send: async () => failure("refused", "ECONNREFUSED", "no"),
    close: async () => {},
  };
  const retry = { attempts: 5, maxWait: 360_000, backoff: 60_000 };
  return {
    target,
    health: createHealth(10_000, stop, () => {}),
    retry,
    clock: systemClock,
    random: () => 1,
    mayTry: () => !stop.aborted,
    onOverBudget: () => false,
  };
}

test("a request that waits for its next try is skipped at once when its endpoint is parked", async () => {
  const context = waiting(new AbortController().signal);
  const sent = sendRequest(context, POSITION, REQUEST, slotOf());
  setImmediate(() => context.health.park("e", "endpoint_unreachable", "no"));
  expect(await sent).toEqual({ kind: "skipped", tried: false });
});

test("a request that waits for its next try stops at once when the call ends", async () => {
  const stop = new AbortController();
  const sent = sendRequest(waiting(stop.signal), POSITION, REQUEST, slotOf());
  setImmediate(() => stop.abort());
  expect(await sent).toEqual({ kind: "stopped", tried: false });
});

/** Answers with these replies in turn, each after so many milliseconds of a clock that only they move. */
function answering(replies: readonly (Partial<Reply> & { readonly ms: number })[], clock: TestClock): SendContext {
  const left = [...replies];
  const context = waiting(new AbortController().signal);
  return {
    ...context,
    clock,
    target: {
      ...context.target,
      async send() {
        const { ms, ...reply } = left.shift() ?? { ms: 0 };
        clock.advance(ms);
        return { ...failure("ok", "", ""), status: 200, body: new Uint8Array(1), errorClass: null, ...reply };
      },
    },
  };
}

const notReady = { ...failure("not_ready", "ModelNotReadyException", "loading"), ms: 5 };

test.each<[string, readonly (Partial<Reply> & { readonly ms: number })[], readonly (boolean | null)[]]>([
  ["quick answers", [{ ms: 20 }, { ms: 20 }], [false, false]],
  ["a first answer of 40 s, and later ones as slow", [{ ms: 40_000 }, { ms: 40_000 }], [true, false]],
  ["an answer after the endpoint was not ready", [notReady, notReady, { ms: 20 }, { ms: 20 }], [true, false]],
  ["the same when it fell asleep in between", [{ ms: 20 }, notReady, { ms: 20 }, { ms: 3_000 }], [false, true, false]],
  [
    "what the target itself knows",
    [
      { ms: 20, cold: true },
      { ms: 9_000, cold: false },
    ],
    [true, false],
  ],
  ["no answer", [{ ...failure("too_large", "http_413", ""), ms: 9_000 }, { ms: 5_000 }], [null, false]],
])("a cold start is told from other answers: %s", async (_name, replies, expected) => {
  const context = answering(replies, testClock());
  const slot = slotOf();
  for (const coldStart of expected) {
    const sent = await sendRequest(context, POSITION, REQUEST, slot);
    expect(sent.kind === "result" && sent.record.coldStart).toBe(coldStart);
  }
});

test("each try, each throttle and the last error are in the record; the time is that of the last try", async () => {
  const throttled = { ...failure("throttled", "http_429", "slow down", { status: 429 }), ms: 7 };
  const unavailable = { ...failure("unavailable", "http_503", "busy", { status: 503 }), ms: 9 };
  const ok = await sendRequest(
    answering([throttled, notReady, throttled, { ms: 20 }], testClock()),
    POSITION,
    REQUEST,
    slotOf(),
  );
  expect(ok).toMatchObject({
    record: { outcome: "ok", attempts: 4, throttles: 2, latencyMs: 20, errorClass: null },
  });
  const failed = await sendRequest(answering(Array(9).fill(unavailable), testClock()), POSITION, REQUEST, slotOf());
  expect(failed).toMatchObject({
    record: { outcome: "unavailable", attempts: 5, throttles: 0, latencyMs: 9, errorClass: "http_503", status: 503 },
  });
});
