import { describe, expect, test } from "vitest";
import { LIMITS } from "../../src/limits.ts";
import { createLogger, type Logger, type LoggerOptions } from "../../src/log.ts";
import { testClock } from "../support/clock.ts";
import { type MemoryOutput, memoryOutput } from "../support/output.ts";

function setUp(options: Partial<LoggerOptions> & { output?: MemoryOutput } = {}) {
  const output = options.output ?? memoryOutput();
  const clock = testClock();
  const log = createLogger({ clock, format: "json", level: "info", quiet: false, color: false, ...options, output });
  return { log, clock, output };
}

async function written(options: Partial<LoggerOptions> & { output?: MemoryOutput }, work: (log: Logger) => void) {
  const { log, output } = setUp(options);
  work(log);
  await log.flush();
  return output.text();
}

describe("JSON lines", () => {
  test("are one object a line, with time, level, message and fields; bigints are decimal text", async () => {
    const text = await written({}, (log) => {
      log.info("range written", { rows: 3, first: 2n ** 63n, gap: undefined, none: null });
      log.error("broken\nline");
    });
    expect(
      text
        .split("\n")
        .filter(Boolean)
        .map((line) => JSON.parse(line)),
    ).toEqual([
      {
        time: "2026-01-02T03:04:05.000Z",
        level: "info",
        message: "range written",
        rows: 3,
        first: "9223372036854775808",
        none: null,
      },
      { time: "2026-01-02T03:04:05.000Z", level: "error", message: "broken\nline" },
    ]);
  });

  test("a field cannot stand in for time, level or message", async () => {
    const text = await written({}, (log) => log.warn("true", { message: "false", level: "debug" }));
    expect(JSON.parse(text)).toMatchObject({ message: "true", level: "warn" });
  });
});

describe("pretty lines", () => {
  test.each([
    ["info has no label", "info", { n: 1 }, "done  n=1\n"],
    ["others have", "warn", {}, "warn: done\n"],
    ["a value of several words is quoted", "info", { path: "a b" }, 'done  path="a b"\n'],
    ["an empty value is quoted", "info", { path: "" }, 'done  path=""\n'],
    [
      "escape sequences of captured text are shown, not obeyed",
      "info",
      { v: "\x1b[2J\u009b" },
      'done  v="\\u001b[2J\\u009b"\n',
    ],
  ] as const)("%s", async (_name, level, fields, expected) => {
    expect(await written({ format: "pretty" }, (log) => log[level]("done", fields))).toBe(expected);
  });

  test("an escape sequence in a message is shown, a line break is kept", async () => {
    expect(await written({ format: "pretty" }, (log) => log.info("a\n\x1b]0;x\x07b"))).toBe("a\n\\u001b]0;x\\u0007b\n");
  });

  test("colour only where it is allowed", async () => {
    expect(await written({ format: "pretty", color: true }, (log) => log.error("x"))).toBe("\x1b[31merror\x1b[0m: x\n");
  });
});

describe("what is written at all", () => {
  const all = (log: Logger): void => {
    for (const level of ["debug", "info", "warn", "error"] as const) log[level](level);
  };
  test.each([
    ["debug", false, ["debug", "info", "warn", "error"]],
    ["info", false, ["info", "warn", "error"]],
    ["error", false, ["error"]],
    ["debug", true, ["warn", "error"]],
    ["error", true, ["error"]],
  ] as const)("level %s, quiet %s", async (level, quiet, expected) => {
    const text = await written({ level, quiet }, all);
    expect(
      text
        .split("\n")
        .filter(Boolean)
        .map((line) => JSON.parse(line).level),
    ).toEqual(expected);
  });
});

describe("progress", () => {
  test("off a terminal it is a line at most every 10 s", async () => {
    const { log, clock, output } = setUp({ format: "pretty" });
    for (let second = 0; second < 25; second++) {
      log.progress(`at ${second}`);
      clock.advance(1_000);
    }
    await log.flush();
    expect(output.text()).toBe("at 0\nat 10\nat 20\n");
  });

  test("on a terminal it overwrites itself, log lines go above it, and flush ends it with the newest", async () => {
    const output = memoryOutput({ isTTY: true, columns: 12 });
    const { log, clock } = setUp({ format: "pretty", color: true, output });
    log.progress("one");
    log.progress("skipped");
    clock.advance(100);
    log.progress("a text that is too long");
    log.info("line");
    log.progress("last");
    await log.flush();
    const erase = "\r\x1b[K";
    expect(output.text()).toBe(`${erase}one${erase}a text tha…${erase}line\na text tha…${erase}last\n`);
  });

  test("is silent under --quiet", async () => {
    expect(await written({ quiet: true }, (log) => log.progress("x"))).toBe("");
  });
});

test("a stderr that fails ends neither the work nor the flush", async () => {
  const output = { isTTY: false, columns: 80, write: () => Promise.reject(new Error("EPIPE")), text: () => "" };
  await expect(written({ output }, (log) => log.info("x"))).resolves.toBe("");
});

describe("a storm of lines of one kind", () => {
  const messages = (output: MemoryOutput): Record<string, unknown>[] =>
    output
      .text()
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Record<string, unknown>);

  test("is written a few times, then summed; lines that differ in digits alone are of one kind", async () => {
    const { log, clock, output } = setUp();
    for (let i = 0; i < 1_000; i++) log.warn(`try ${i} failed`, { i });
    log.warn("another");
    expect(messages(output).length).toBeLessThanOrEqual(LIMITS.logBurst + 1);
    clock.advance(LIMITS.logWindowMs);
    log.info("later");
    await log.flush();
    const lines = messages(output);
    expect(lines.filter(({ i }) => i !== undefined)).toHaveLength(LIMITS.logBurst);
    expect(lines.slice(-2)).toMatchObject([
      { level: "warn", message: "try 0 failed", repeated: 1_000 - LIMITS.logBurst },
      { level: "info", message: "later" },
    ]);
  });

  test("is summed at the end at the latest, and begins anew after its window", async () => {
    const { log, clock, output } = setUp();
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 2 * LIMITS.logBurst; i++) log.error("no space");
      clock.advance(LIMITS.logWindowMs);
    }
    await log.flush();
    const lines = messages(output);
    expect(lines.filter(({ repeated }) => repeated === undefined)).toHaveLength(3 * LIMITS.logBurst);
    expect(lines.filter(({ repeated }) => repeated === LIMITS.logBurst)).toHaveLength(3);
  });

  test("is not cut where debug lines were asked for, and holds no more kinds than the limit", async () => {
    const { log, output } = setUp({ level: "debug" });
    for (let i = 0; i < 3 * LIMITS.logBurst; i++) log.debug("detail");
    const letters = (n: number): string => [...String(n)].map((digit) => "abcdefghij"[Number(digit)]).join("");
    for (let i = 0; i < 3 * LIMITS.logKinds; i++) log.warn(letters(i));
    await log.flush();
    expect(messages(output)).toHaveLength(3 * LIMITS.logBurst + 3 * LIMITS.logKinds);
  });
});
