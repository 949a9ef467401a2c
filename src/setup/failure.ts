/** The one place where a failure becomes a text on stderr and an exit code. */
import { ConfigError } from "../config/load.ts";
import { CutoverError, EXIT, type ExitCode, explain } from "../errors.ts";
import { inertJson, printable } from "../inert.ts";

export interface Failure {
  readonly text: string;
  readonly exitCode: ExitCode;
}

/**
 * A CutoverError explained; anything else is a bug, with its stack. `json`: one JSON document instead. What was
 * received may come from anywhere, and what is printed here is read by a terminal or a CI runner. `carry` puts the
 * flags of this call into the commands of a hint.
 */
export function describeFailure(
  error: unknown,
  version: string,
  json: boolean,
  carry: (hint: string) => string = (hint) => hint,
): Failure {
  if (error instanceof CutoverError) {
    const { hint } = error.details;
    const next = hint === undefined ? undefined : carry(hint);
    const text = json ? inertJson(jsonError(error, next)) : printable(explain(error, next));
    return { text: `${text}\n`, exitCode: error.exitCode };
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const text = json
    ? inertJson(JSON.stringify({ error: { code: "BUG", message: stack, version } }))
    : `error: this is a bug in cutover ${version} (Node ${process.versions.node}, ${process.platform})\n${printable(stack)}\n` +
      "  next:     please report it with these lines";
  return { text: `${text}\n`, exitCode: EXIT.bug };
}

function jsonError(error: CutoverError, hint: string | undefined): string {
  const { cause, ...details } = error.details;
  const faults = error instanceof ConfigError ? { faults: error.faults } : {};
  const because = cause === undefined ? {} : { cause: cause instanceof Error ? cause.message : String(cause) };
  const { code, message, retryable } = error;
  return JSON.stringify({
    error: { code, message, retryable, ...details, ...(hint === undefined ? {} : { hint }), ...because, ...faults },
  });
}
