/** The part of the fuzzer that runs with every test: the same documents each time. The rest is `node test/fuzz/scanner.ts`. */
import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { linesOf } from "../../capture/files/lines.ts";
import { LIMITS } from "../../src/limits.ts";
import { fuzz } from "./fuzz.ts";
import { isJson, parseSpans } from "./json-oracle.ts";

/** About ten seconds for both seeds together, on an idle core. */
const DOCUMENTS = 5_000;

describe("fuzzed documents", { timeout: 180_000 }, () => {
  test.each([1, 2])("are judged as JSON.parse and an independent reader judge them: seed %i", async (seed) => {
    const { findings, documents, accepted } = await fuzz({ seed, documents: DOCUMENTS });
    expect(findings).toEqual([]);
    expect(documents).toBe(DOCUMENTS);
    // A fuzzer whose documents are nearly all refused, or nearly all fine, tries little.
    expect(accepted.scanner).toBeGreaterThan(DOCUMENTS / 10);
    expect(accepted.scanner).toBeLessThan((DOCUMENTS * 9) / 10);
    expect(accepted.strings).toBeGreaterThan(DOCUMENTS / 10);
    expect(accepted.lines).toBeGreaterThan(DOCUMENTS / 10);
  });

  test("have an oracle that knows where members stand", () => {
    const text = '\ufeff {"a" : [ {"b":1} ,2], "\\u00e9":"x", "a":{}}';
    const bytes = Buffer.from(text);
    expect(isJson(bytes)).toBe(true);
    const spans = parseSpans(bytes)?.members.map(([name, { start, end }]) => [
      Buffer.from(name, "latin1").toString(),
      bytes.subarray(start, end).toString(),
    ]);
    expect(spans).toEqual([
      ["a", '[ {"b":1} ,2]'],
      ["é", '"x"'],
      ["a", "{}"],
    ]);
  });
});

describe("lines at the limit of a message", () => {
  const max = LIMITS.messageBytes;
  test.each([
    ["as long as allowed", max, "\n", max, max],
    ["as long as allowed, with a carriage return", max, "\r\n", max, max],
    ["one byte too long", max + 1, "\n", max, max + 1],
    ["one byte too long, with a carriage return", max + 1, "\r\n", max, max + 1],
    ["as long as allowed, without an end", max, "", max, max],
  ])("%s: whatever the chunks", async (_name, length, end, kept, said) => {
    const text = Buffer.concat([Buffer.alloc(length, 0x61), Buffer.from(`${end}${end === "" ? "" : "next"}`)]);
    for (const size of [text.length, 65_536, max, max + 1]) {
      const chunks = Array.from({ length: Math.ceil(text.length / size) }, (_, i) =>
        text.subarray(i * size, (i + 1) * size),
      );
      const found: number[][] = [];
      for await (const group of linesOf(Readable.from(chunks), max))
        for (const line of group) found.push([line.bytes.length, line.length]);
      expect(found).toEqual(
        end === ""
          ? [[kept, said]]
          : [
              [kept, said],
              [4, 4],
            ],
      );
    }
  });
});
