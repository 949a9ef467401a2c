/** Before anything is sent to a system that serves users, someone must have said so. */
import { createInterface } from "node:readline/promises";
import type { TargetSettings } from "../../src/config/schema.ts";
import { CutoverError } from "../../src/errors.ts";
import type { Session } from "../../src/session.ts";
import { group } from "../results/result.ts";

export interface Consent {
  readonly target: string;
  readonly settings: Pick<TargetSettings, "production" | "rate">;
  /** Requests that would be sent. */
  readonly requests: number;
  /** `--yes`. */
  readonly yes: boolean;
}

/** On a terminal asks; off it, and for `no`, USAGE. Nothing to send needs no answer. */
export async function checkProduction({ streams, signal }: Session, consent: Consent): Promise<void> {
  const { target, settings, requests, yes } = consent;
  if (!settings.production || requests === 0 || yes) return;
  const { rate } = settings;
  const pace = rate.total === undefined ? "" : `, at most ${rate.total} a second`;
  const what = `${group(requests)} requests to ${target}, which is marked as production${pace}`;
  if (!("isTTY" in streams.stdin) || streams.stdin.isTTY !== true || !streams.stderr.isTTY) {
    throw new CutoverError("USAGE", "the target is marked as production, and there is no terminal to ask at", {
      place: `targets.${target}.production`,
      received: what,
      hint: "add --yes to send all the same; --dry-run shows the plan",
    });
  }
  await streams.stderr.write(`${what}. Send them? [y/N] `);
  const lines = createInterface({ input: streams.stdin });
  try {
    const answer = await new Promise<string>((resolve, reject) => {
      lines.once("line", resolve);
      lines.once("close", () => resolve(""));
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    });
    if (/^y(es)?$/i.test(answer.trim())) return;
  } finally {
    lines.close();
  }
  throw new CutoverError("USAGE", "not sent: the answer was no", {
    place: `targets.${target}.production`,
    hint: "answer y, or add --yes",
  });
}
