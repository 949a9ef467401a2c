/** One thing that is wrong in the configuration, and how a zod issue reads to a person. */
import type { z } from "zod";
import { keysAt } from "./known.ts";
import { nearest } from "./nearest.ts";

export interface Fault {
  readonly path: readonly (string | number)[];
  /** 1-based line of the config file; absent when the value did not come from it. */
  readonly line?: number;
  /** What is wrong, when expected and received do not say it all. */
  readonly problem?: string;
  readonly expected?: string;
  readonly received?: string;
  readonly hint?: string;
}

type Issue = z.core.$ZodIssue;

/** One issue may be several faults: every unknown key is one. `root` is the value that was checked. */
export function faultsOf(issue: Issue, root: unknown): Fault[] {
  const path = issue.path.map((part) => (typeof part === "symbol" ? String(part) : part));
  if (issue.code === "unrecognized_keys") return issue.keys.map((key) => unknownKey([...path, key], key, root));
  if (issue.code === "invalid_union" && "discriminator" in issue) return [unknownType(path, issue, root)];
  if (issue.code === "invalid_key") {
    return [
      {
        path,
        problem: "this name cannot be used",
        expected: "1 to 64 of A-Z a-z 0-9 . _ -",
        received: show(path.at(-1)),
      },
    ];
  }
  const value = valueAt(root, path);
  const expected = expectation(issue);
  if (value === undefined) return [{ path, problem: "required, but not there", expected }];
  if (issue.code === "invalid_union") {
    const inner = issuesOfMap(issue, value);
    if (inner) return inner.flatMap((one) => faultsOf({ ...one, path: [...issue.path, ...one.path] }, root));
  }
  if (isSecret(path)) return [{ path, expected, received: HIDDEN }];
  const near =
    issue.code === "invalid_value" && typeof value === "string" ? nearest(value, issue.values.map(String)) : undefined;
  return [{ path, expected, received: show(value), ...(near ? { hint: `did you mean ${near}?` } : {}) }];
}

/** Of a setting that is a map or something else: what is wrong with the map that stands there. */
function issuesOfMap(issue: Issue, value: unknown): Issue[] | undefined {
  if (!("errors" in issue) || typeof value !== "object" || value === null) return undefined;
  return issue.errors.find((issues) =>
    issues.every(({ code, path }) => path.length > 0 || code === "unrecognized_keys"),
  );
}

function unknownKey(path: (string | number)[], key: string, root: unknown): Fault {
  const known = keysAt(path.slice(0, -1), root);
  const near = nearest(key, known);
  const hint = near ? { hint: `did you mean \`${near}\`?` } : {};
  return {
    path,
    problem: `unknown key \`${key}\``,
    expected: known.length > 0 ? `one of ${known.join(", ")}` : "no key",
    ...hint,
  };
}

function unknownType(path: (string | number)[], issue: Issue, root: unknown): Fault {
  const options = "options" in issue && Array.isArray(issue.options) ? issue.options.map(String) : [];
  const type = valueAt(root, path);
  const expected = `one of ${options.join(", ")}`;
  if (type === undefined) return { path, problem: "required, but not there", expected };
  const near = nearest(String(type), options);
  return {
    path,
    problem: "unknown rule type",
    expected,
    received: show(type),
    ...(near ? { hint: `did you mean ${near}?` } : {}),
  };
}

/** What should have stood there, in words. */
function expectation(issue: Issue): string {
  switch (issue.code) {
    case "invalid_type":
      return TYPE_WORDS[issue.expected] ?? issue.expected;
    case "invalid_value":
      return issue.values.length === 1 ? String(issue.values[0]) : `one of ${issue.values.map(String).join(", ")}`;
    case "too_small":
      if (issue.origin === "array") return `at least ${issue.minimum} item`;
      if (issue.origin === "string") return "a text that is not empty";
      return `a number ${issue.inclusive ? "≥" : ">"} ${issue.minimum}`;
    case "too_big":
      return `a number ${issue.inclusive ? "≤" : "<"} ${issue.maximum}`;
    case "invalid_format":
      if (issue.format === "url") return "a URL such as http://127.0.0.1:9000";
      if (issue.format === "date") return "a day such as 2027-06-30";
      return issue.message.replace(/^expected /, "");
    case "invalid_union":
      // The only unions that bring no message of their own: the width of numbers, and what is on, off or a map.
      if (issue.path.at(-1) === "tls") return "true, false, or a map of ca, cert, key, passphrase, serverName";
      return issue.message.startsWith("expected ") ? issue.message.slice("expected ".length) : "64 or 32";
    default:
      return issue.message.replace(/^expected /, "");
  }
}

const TYPE_WORDS: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "a map",
  record: "a map",
};

/** Keys whose values are shown nowhere. */
export const SECRET_KEYS: readonly string[] = ["password", "passphrase"];
export const HIDDEN = "(hidden)";

function isSecret(path: readonly (string | number)[]): boolean {
  return path.some((part) => SECRET_KEYS.includes(String(part)));
}

/** A value as it reads in a message: cut, a map or list by what it is, and secrets inside it hidden. */
export function show(value: unknown): string {
  if (value === null) return "nothing (null)";
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : `a list, ${cut(json(value))}`;
  if (typeof value === "object") return `a map, ${cut(json(value))}`;
  return cut(typeof value === "string" ? JSON.stringify(value) : String(value));
}

function json(value: object): string {
  return JSON.stringify(value, (key, inner: unknown) => (SECRET_KEYS.includes(key) ? HIDDEN : inner));
}

function cut(text: string): string {
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}

export function valueAt(root: unknown, path: readonly (string | number)[]): unknown {
  let value = root;
  for (const part of path) {
    if (value === null || typeof value !== "object" || !Object.hasOwn(value, part)) return undefined;
    value = (value as Record<string | number, unknown>)[part];
  }
  return value;
}

/** `models."client-a/*".rules[2].atol`; quoted where a bare key could be misread. */
export function dotted(path: readonly (string | number)[]): string {
  let text = "";
  for (const part of path) {
    if (typeof part === "number") text += `[${part}]`;
    else text += `${text === "" ? "" : "."}${/^[\w-]+$/.test(part) ? part : JSON.stringify(part)}`;
  }
  return text;
}
