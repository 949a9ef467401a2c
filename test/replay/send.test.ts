import { expect, test } from "vitest";
import { createAnswerSizes } from "../../replay/pace/answer-size.ts";
import { EndpointPace } from "../../replay/pace/endpoint.ts";
import { createHealth } from "../../replay/pace/health.ts";
import type { Slot } from "../../replay/pace/lane.ts";
import { type SendContext, sendRequest } from "../../replay/send.ts";
import { failure, type Target, type TargetRequest } from "../../replay/targets/target.ts";
import { systemClock } from "../../src/clock.ts";

const POSITION = { log: "l@0", partition: 0, offset: 7n };
const SLOT: Slot = {
  pace: new EndpointPace(
    { perEndpoint: 1, adaptive: true, rampUp: 0, retryBudget: 0.2, brokenMs: 60_000 },
    createAnswerSizes(1_000),
  ),
  leave: () => true,
  enter: async () => {},
};
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
  const sent = sendRequest(context, POSITION, REQUEST, SLOT);
  setImmediate(() => context.health.park("e", "endpoint_unreachable", "no"));
  expect(await sent).toEqual({ kind: "skipped", tried: false });
});

test("a request that waits for its next try stops at once when the call ends", async () => {
  const stop = new AbortController();
  const sent = sendRequest(waiting(stop.signal), POSITION, REQUEST, SLOT);
  setImmediate(() => stop.abort());
  expect(await sent).toEqual({ kind: "stopped", tried: false });
});
