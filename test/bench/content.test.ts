import { constants, zstdCompressSync } from "node:zlib";
import { expect, test } from "vitest";
import { createWords, messages } from "../../bench/lib/content.ts";
import { seededRandom } from "../../src/random.ts";

const COUNT = 20_000;
const sample = [...messages(COUNT)];
const averageBytes = (texts: readonly string[]): number =>
  texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0) / texts.length;

test("messages are of 984 bytes on average, as those that the peers' figures were measured with", () => {
  expect(averageBytes(sample.map(({ json }) => json))).toBeCloseTo(984, -1);
  expect(averageBytes(sample.map(({ input }) => input))).toBeCloseTo(764, -1);
  expect(averageBytes(sample.map(({ output }) => output))).toBeCloseTo(125, 0);
});

test("zstd 1 shrinks them to 0.41, as those", () => {
  const bytes = Buffer.from(sample.map(({ json }) => json).join("\n"));
  const packed = zstdCompressSync(bytes, { params: { [constants.ZSTD_c_compressionLevel]: 1 } });
  expect(packed.length / bytes.length).toBeGreaterThan(0.39);
  expect(packed.length / bytes.length).toBeLessThan(0.43);
});

test("a message is JSON whose members are those that stand beside it", () => {
  for (const { json, id, model, input, output } of sample.slice(0, 1_000)) {
    const parsed = JSON.parse(json);
    expect(Object.keys(parsed)).toEqual(["id", "model", "ts", "input", "output"]);
    expect(Object.keys(parsed.output)).toEqual(["label", "score", "probs", "version", "latency_ms"]);
    expect(parsed).toMatchObject({ id, model, input: JSON.parse(input), output: JSON.parse(output) });
  }
  expect(new Set(sample.map(({ id }) => id)).size).toBe(COUNT);
});

test("a seed makes the same messages each time, another seed others", () => {
  expect([...messages(100)]).toEqual(sample.slice(0, 100));
  expect([...messages(1, { seed: 43 })]).not.toEqual(sample.slice(0, 1));
});

test("there are as many models as asked for", () => {
  expect(new Set(sample.map(({ model }) => model)).size).toBe(400);
  expect(new Set([...messages(1_000, { models: 1 })].map(({ model }) => model))).toEqual(new Set(["model-000"]));
});

test("words are whole and follow Zipf's law, a text is cut to its length", () => {
  const { words, text } = createWords(seededRandom(1));
  const found = words(2_000_000);
  expect(found.length).toBeGreaterThanOrEqual(2_000_000);
  expect(found).toMatch(/^([a-z]+[,.]? )+$/);
  const counts = Map.groupBy(found.split(/[,.]? /), (word) => word);
  const [first = 0, , , , , , , , ninth = 0] = [...counts.values()].map(({ length }) => length).sort((a, b) => b - a);
  // (0 + 8) and (8 + 8) to the power of 1.07, give or take chance and words that came up twice.
  expect(first / ninth).toBeGreaterThan(1.7);
  expect(first / ninth).toBeLessThan(3);
  expect(text(77)).toHaveLength(77);
});
