/** error: which class an error answer is of, and whether the new system's class stands for the legacy one's. */
import type { Rule } from "../../src/config/rules.ts";
import { CutoverError } from "../../src/errors.ts";
import type { JsonDocument } from "../json/node.ts";
import { lookUp, parsePath, type RulePath } from "../json/path.ts";

type ErrorRule = Extract<Rule, { type: "error" }>;

export interface ErrorJudge {
  /** HTTP status, or the scalar at the rule's `class` in the error body when it is there. */
  readonly classOf: (status: number, body: JsonDocument | null) => string;
  readonly same: (legacyClass: string, candidateClass: string) => boolean;
  /** Whether `classOf` looks into the body. */
  readonly readsBody: boolean;
}

/** Without a rule the class is the HTTP status. Throws CONFIG at `place` for a path that is not one place. */
export function errorJudge(rule: ErrorRule | null, place: string): ErrorJudge {
  if (rule && rule.path !== "$") {
    throw new CutoverError("CONFIG", "an error rule judges the whole answer", {
      place,
      expected: "path `$`, or no path",
      received: rule.path,
      hint: "name the place of the error class in the body with `class`",
    });
  }
  const path = rule?.class === undefined ? null : placePath(rule.class, place);
  const map = new Map(Object.entries(rule?.map ?? {}));
  return {
    classOf: (status, body) => (path && body ? classInBody(body, path) : null) ?? String(status),
    same: (legacy, candidate) => legacy === candidate || map.get(legacy) === candidate,
    readsBody: path !== null,
  };
}

/** A path to one value: no `[*]`, no `..*`. */
export function placePath(text: string, place: string): RulePath {
  const rooted = text.startsWith("$") ? text : `$${/^[.[]/.test(text) ? "" : "."}${text}`;
  const path = parsePath(rooted, place);
  if (!path.deep && !path.steps.includes("[*]")) return path;
  throw new CutoverError("CONFIG", `the path ${JSON.stringify(text)} stands for many values`, {
    place,
    expected: "a path to one value, without `[*]` and `..*`",
    received: text,
    hint: "name one member, for example `$.error.code`",
  });
}

function classInBody(body: JsonDocument, path: RulePath): string | null {
  const node = lookUp(body.root, path.steps);
  if (node?.kind === "string") return node.value;
  if (node?.kind === "number") return node.raw;
  return node?.kind === "boolean" ? String(node.value) : null;
}
