/** Errors on their way between threads: a clone would be a plain Error without code and details, and some cannot be cloned. */
import { CutoverError, type ErrorCode, type ErrorDetails, isCutoverError, messageOf } from "../../src/errors.ts";

export interface PlainError {
  /** Of a CutoverError. */
  readonly code?: ErrorCode;
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly details?: Omit<ErrorDetails, "cause">;
  /** Message of the cause. */
  readonly cause?: string;
}

export function toPlain(error: unknown): PlainError {
  const { name, stack } = error instanceof Error ? error : { name: "Error", stack: undefined };
  const cause = error instanceof Error && error.cause !== undefined ? { cause: messageOf(error.cause) } : {};
  const plain = { name, message: messageOf(error), stack, ...cause };
  if (!isCutoverError(error)) return plain;
  const { cause: _, ...details } = error.details;
  return { ...plain, code: error.code, details };
}

export function fromPlain({ code, name, message, stack, details, cause }: PlainError): Error {
  const because = cause === undefined ? {} : { cause: new Error(cause) };
  const error =
    code === undefined ? new Error(message, because) : new CutoverError(code, message, { ...details, ...because });
  error.name = name;
  if (stack !== undefined) error.stack = stack;
  return error;
}
