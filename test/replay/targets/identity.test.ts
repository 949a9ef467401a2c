/** Credentials are good for as long as they say, and are asked for before that. */
import { expect, test } from "vitest";
import { createIdentityCache, type Identity } from "../../../replay/targets/identity.ts";

const MINUTE = 60_000;

/** A provider whose credentials last for a quarter of an hour; it fails while `broken`. */
function world(lastsMs = 15 * MINUTE) {
  const state = { now: 0, asked: 0, broken: false };
  const provider = async (): Promise<Identity> => {
    state.asked++;
    await undefined;
    if (state.broken) throw new Error("no answer");
    const expiration = Number.isFinite(lastsMs) ? new Date(state.now + lastsMs) : undefined;
    return { accessKeyId: `key-${state.asked}`, secretAccessKey: "s", expiration };
  };
  const cache = createIdentityCache(provider, () => state.now);
  const at = async (now: number): Promise<string> => {
    state.now = now;
    const { accessKeyId } = await cache.current();
    // Lets a refresh that runs beside it come to its end.
    await new Promise(setImmediate);
    return accessKeyId;
  };
  return { state, cache, at };
}

test("credentials are asked for once, by however many requests wait for them", async () => {
  const { state, cache, at } = world();
  const both = await Promise.all([cache.current(), cache.current()]);
  expect(both.map(({ accessKeyId }) => accessKeyId)).toEqual(["key-1", "key-1"]);
  expect(await at(9 * MINUTE)).toBe("key-1");
  expect(cache.current()).not.toBeInstanceOf(Promise);
  expect(state.asked).toBe(1);
});

test("five minutes before their end others are asked for, while they still sign", async () => {
  const { state, at } = world();
  await at(0);
  expect(await at(10 * MINUTE)).toBe("key-1");
  expect(state.asked).toBe(2);
  expect(await at(10 * MINUTE + 1)).toBe("key-2");
});

test("a refresh that fails is tried again, and fails a request only when the old ones have run out", async () => {
  const { state, at } = world();
  await at(0);
  state.broken = true;
  expect(await at(10 * MINUTE)).toBe("key-1");
  expect(await at(10 * MINUTE + 1)).toBe("key-1");
  expect(state.asked).toBe(2);
  expect(await at(11 * MINUTE)).toBe("key-1");
  expect(state.asked).toBe(3);
  await expect(at(15 * MINUTE)).rejects.toThrow("no answer");
  state.broken = false;
  expect(await at(15 * MINUTE + 1)).toBe("key-5");
});

test("credentials without an end are never asked for again", async () => {
  const { state, at } = world(Number.POSITIVE_INFINITY);
  await at(0);
  expect(await at(1e9)).toBe("key-1");
  expect(state.asked).toBe(1);
});

test("credentials that are given for less than five minutes are not asked for by every request", async () => {
  const { state, at } = world(2 * MINUTE);
  for (let now = 0; now < MINUTE; now += 1_000) await at(now);
  expect(state.asked).toBeLessThanOrEqual(7);
});
