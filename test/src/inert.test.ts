import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CutoverError } from "../../src/errors.ts";
import { inertJson, printable } from "../../src/inert.ts";
import { createLogger } from "../../src/log.ts";
import { describeFailure } from "../../src/setup/failure.ts";
import { testClock } from "../support/clock.ts";
import { HOSTILE } from "../support/hostile.ts";
import { memoryOutput } from "../support/output.ts";

/** As runners read a line: GitHub's `::command` at its start, `##[` anywhere in it; Azure's `##vso[`. */
function expectInert(text: string): void {
  expect(text).not.toMatch(/(?:^|[\n\r])[^\S\n\r]*::/);
  expect(text).not.toMatch(/##[\w.]*\[/);
  expect(text.replace(/[\n\t]/g, "")).not.toMatch(/\p{Cc}|\p{Bidi_Control}|[\u2028\u2029]|\p{Cs}/u);
}

const anything = fc.oneof(
  fc.string({ unit: "binary" }),
  fc
    .array(fc.constantFrom(":", "::", "#", "##", "[", "\n", " ", "error", "\u001b[31m", "\u202e"), { maxLength: 12 })
    .map((parts) => parts.join("")),
);

test("whatever comes in, nothing that a terminal or a runner obeys comes out", () => {
  fc.assert(
    fc.property(anything, (text) => {
      expectInert(printable(text));
      expectInert(printable(`${printable(text)}\n${printable(text)}`));
    }),
    { numRuns: 2_000 },
  );
});

test("what is harmless stays as it is", () => {
  const text = "a: b::c std::vector\n\té 日本語 👩‍👩‍👧‍👦 # ## heading";
  expect(printable(text)).toBe(text);
});

test("a JSON document made inert is the same document", () => {
  fc.assert(
    fc.property(fc.jsonValue(), anything, (value, text) => {
      for (const indent of [undefined, 2]) {
        const json = inertJson(JSON.stringify({ value, [text]: text }, null, indent));
        expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify({ value, [text]: text })));
        expectInert(json);
      }
    }),
  );
});

describe.each(Object.entries(HOSTILE))("%s", (_, text) => {
  test("is text in the explanation of a failure, as lines and as JSON", () => {
    const details = { place: text, expected: text, received: text, hint: text, cause: new Error(text) };
    for (const error of [new CutoverError("USAGE", text, details), new Error(text)]) {
      expectInert(describeFailure(error, "1", false).text);
      const json = describeFailure(error, "1", true).text;
      expectInert(json);
      expect(JSON.parse(json)).toBeTypeOf("object");
    }
  });

  test.each(["pretty", "json"] as const)("is text in a %s line of the log", async (format) => {
    const output = memoryOutput();
    const log = createLogger({ output, clock: testClock(), format, level: "info", quiet: false, color: false });
    log.warn(text, { detail: text });
    log.progress(text);
    await log.flush();
    expectInert(output.text());
  });
});
