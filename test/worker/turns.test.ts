import { expect, test } from "vitest";
import { createTurns } from "../../worker/turns.ts";

const never = new AbortController().signal;

test("so many have their turn at once; the next comes when one gives it back, in order", async () => {
  const turns = createTurns(2);
  const order: number[] = [];
  await turns.take(never);
  await turns.take(never);
  const waiting = [1, 2].map(async (n) => {
    await turns.take(never);
    order.push(n);
  });
  await Promise.resolve();
  expect(order).toEqual([]);
  turns.give();
  await waiting[0];
  expect({ order, taken: turns.taken }).toEqual({ order: [1], taken: 2 });
  turns.give();
  await waiting[1];
  expect(order).toEqual([1, 2]);
});

test("who is told to stop waits no longer, and takes nobody's turn", async () => {
  const turns = createTurns(1);
  await turns.take(never);
  const stop = new AbortController();
  const stopped = turns.take(stop.signal);
  let came = false;
  const next = turns.take(never).then(() => {
    came = true;
  });
  stop.abort();
  await stopped;
  turns.give();
  turns.give();
  await next;
  expect(came).toBe(true);
});
