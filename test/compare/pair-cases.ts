/** Pairs from data: what fixtures/parity/cases/*.json mean, and answers from text. */

import { type CompiledModel, compileModel, judgePair } from "../../compare/pair.ts";
import type { CustomFunctions } from "../../compare/rules/custom.ts";
import type { CandidateAnswer, PairResult } from "../../compare/types.ts";
import { modelSchema } from "../../src/config/rules.ts";
import type { ReplayOutcome } from "../../src/record.ts";

/** A JSON body, or an answer; `base64` stands for bytes that are not text. */
export type WrittenAnswer =
  | string
  | {
      readonly status?: number;
      readonly type?: string;
      readonly body?: string;
      readonly base64?: string;
      readonly outcome?: ReplayOutcome;
    };

/** What custom rules of tests may use. */
const FUNCTIONS: Readonly<Record<string, (legacy: unknown, candidate: unknown) => unknown>> = {
  "t#never": () => false,
  "t#always": () => true,
  "t#throws": () => {
    throw new Error("on purpose");
  },
  "t#promises": async () => true,
  "t#nothing": () => undefined,
  "t#order": () => "order",
};
const functions: CustomFunctions = { find: (use) => FUNCTIONS[use], onError: () => {} };

/** `today` is 2026-11-23 in every test. */
export function modelOf(rules: readonly unknown[], fallback: "exact" | null = "exact"): CompiledModel {
  const parsed = modelSchema.parse({ rules });
  const resolved = parsed.rules.map((rule, index) => ({ rule, pattern: "*", index }));
  return compileModel(
    { model: "m", rules: resolved, default: fallback, gate: null },
    { today: "2026-11-23", functions },
  );
}

export function judge(model: CompiledModel, legacy: WrittenAnswer, candidate: WrittenAnswer): PairResult {
  const { answer } = read(legacy);
  if (!answer) throw new Error("legacy needs a body");
  return judgePair(model, answer, read(candidate));
}

function read(written: WrittenAnswer): CandidateAnswer {
  if (typeof written === "string") return read({ body: written });
  const { status = 200, type = "application/json", body, base64, outcome = "ok" } = written;
  if (body === undefined && base64 === undefined) return { outcome, answer: null };
  const bytes = base64 === undefined ? Buffer.from(body ?? "", "utf8") : Buffer.from(base64, "base64");
  return { outcome, answer: { status, type, body: bytes } };
}
