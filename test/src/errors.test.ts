import { describe, expect, test } from "vitest";
import {
  CutoverError,
  ERROR_POLICY,
  type ErrorCode,
  EXIT,
  explain,
  isCutoverError,
  messageOf,
} from "../../src/errors.ts";

describe("every code has its exit code and says whether trying again can help", () => {
  const table: Readonly<Record<ErrorCode, readonly [exitCode: number, retryable: boolean]>> = {
    USAGE: [2, false],
    CONFIG: [2, false],
    STORE_UNUSABLE: [2, false],
    STORE_DENIED: [2, false],
    STORE_FULL: [2, false],
    STORE_UNAVAILABLE: [2, true],
    STORE_EXISTS: [2, false],
    STORE_MISSING: [2, false],
    PARQUET_CORRUPT: [2, false],
    PARQUET_FOREIGN: [2, false],
    SCHEMA_VERSION: [2, false],
    SOURCE_UNUSABLE: [2, false],
    SOURCE_CORRUPT: [2, false],
    SOURCE_UNAVAILABLE: [2, true],
    LEDGER_CONFLICT: [2, false],
    REJECT_RATE: [2, false],
    NOTHING_SELECTED: [4, false],
    RUN_MISSING: [2, false],
    RUN_INVALID: [2, false],
    TARGET_UNUSABLE: [2, false],
    COMPARE_MISSING: [5, false],
    COMPARE_INCOMPLETE: [5, false],
    INTERRUPTED: [130, true],
    TERMINATED: [143, true],
  };

  test("the table names every code", () => {
    expect(Object.keys(table).sort()).toEqual(Object.keys(ERROR_POLICY).sort());
  });

  test.each(Object.entries(table))("%s", (code, [exitCode, retryable]) => {
    const error = new CutoverError(code as ErrorCode, "message");
    expect([error.code, error.exitCode, error.retryable]).toEqual([code, exitCode, retryable]);
  });

  test("no failure of the program itself exits 0, 1 or 70: those are pass, a judgement, and a bug", () => {
    const codes = new Set<number>(Object.values(ERROR_POLICY).map(({ exitCode }) => exitCode));
    expect([...codes].filter((code) => [EXIT.pass, EXIT.fail, EXIT.bug].includes(code as 0))).toEqual([]);
  });
});

test("isCutoverError tells ours from others, and one code from another", () => {
  const error = new CutoverError("STORE_EXISTS", "there");
  expect(isCutoverError(error)).toBe(true);
  expect(isCutoverError(error, "STORE_MISSING", "STORE_EXISTS")).toBe(true);
  expect(isCutoverError(error, "STORE_MISSING")).toBe(false);
  expect(isCutoverError(Object.assign(new Error("x"), { code: "STORE_EXISTS" }))).toBe(false);
});

test.each([
  [new Error("plain"), "plain"],
  ["a text", "a text"],
  [undefined, "undefined"],
  [new AggregateError([new Error("a"), new Error("b")]), "a; b"],
])("messageOf(%s)", (thrown, expected) => {
  expect(messageOf(thrown)).toBe(expected);
});

describe("explain", () => {
  test("shows place, expected, received, cause and what to do next", () => {
    const error = new CutoverError("STORE_DENIED", "the bucket refused", {
      place: "s3://b",
      expected: "access",
      received: "403",
      hint: "check the credentials",
      cause: new Error("AccessDenied"),
    });
    expect(explain(error)).toBe(
      [
        "error STORE_DENIED: the bucket refused",
        "  at:       s3://b",
        "  expected: access",
        "  received: 403",
        "  cause:    AccessDenied",
        "  next:     check the credentials",
      ].join("\n"),
    );
  });

  test("a cause that the message says already is not said twice", () => {
    const error = new CutoverError("USAGE", "it broke: boom", { cause: new Error("boom") });
    expect(explain(error)).toBe("error USAGE: it broke: boom");
    expect(error.cause).toBeInstanceOf(Error);
  });
});
