/** Answers of library users: plain values, printed as JSON that loses nothing, or bodies as they came. */
import { LIMITS } from "../../src/limits.ts";
import type { Answer } from "../types.ts";

/** A body with its type and status; a class of its own, so that no plain value is taken for one. */
export class WireAnswer implements Answer {
  readonly status: number;
  readonly type: string;
  readonly body: Uint8Array;

  constructor({ status, type, body }: Answer) {
    this.status = status;
    this.type = type;
    this.body = body;
  }
}

/** A WireAnswer stands for itself, bytes are a body of JSON, anything else is a value to be printed as JSON. */
export function toAnswer(value: unknown): Answer {
  if (value instanceof WireAnswer) return value;
  const body = value instanceof Uint8Array ? value : new TextEncoder().encode(printJson(value));
  return { status: 200, type: "application/json", body };
}

/**
 * As JSON.stringify, but NaN, infinities, −0 and bigint stay what they are, and lone surrogates are escaped. Throws
 * TypeError for what has no place in an answer: undefined, a function, a symbol, a cycle.
 */
export function printJson(value: unknown): string {
  const text = print(value, 0);
  if (text === undefined) throw new TypeError(`an answer cannot be ${typeof value}`);
  return text;
}

function print(written: unknown, depth: number): string | undefined {
  if (depth > LIMITS.jsonDepth)
    throw new TypeError(`an answer deeper than ${LIMITS.jsonDepth} levels, or with a cycle`);
  const value = hasToJson(written) ? written.toJSON() : written;
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : String(value);
  if (typeof value === "bigint") return value.toString();
  if (Array.isArray(value)) return `[${value.map((item) => print(item, depth + 1) ?? "null").join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value).flatMap(([name, inner]) => {
    const text = print(inner, depth + 1);
    return text === undefined ? [] : [`${JSON.stringify(name)}:${text}`];
  });
  return `{${members.join(",")}}`;
}

function hasToJson(value: unknown): value is { toJSON(): unknown } {
  return typeof value === "object" && value !== null && "toJSON" in value && typeof value.toJSON === "function";
}
