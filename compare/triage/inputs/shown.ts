/** An input as a summary shows it: masked, and cut. */
import { isUtf8 } from "node:buffer";
import { LIMITS } from "../../../src/limits.ts";
import { cutChars } from "../../diffs.ts";
import { isMasked, type Mask, maskBody } from "../mask.ts";
import type { Hides } from "./features.ts";

/** What is not to be shown of a model's inputs. */
export interface InputMask {
  /** Whether nothing may be said of the value at a path. */
  readonly hides: Hides;
  /** The input as it may be shown. */
  readonly body: (type: string, body: Uint8Array) => string;
}

export function inputMask(mask: Mask | null): InputMask {
  return { hides: (path) => isMasked(mask, path), body: (type, body) => maskBody(mask, type, body) };
}

/** Bytes that are no text only by their number. */
export function shownInput(input: Uint8Array, type: string, mask: InputMask): string {
  if (!isUtf8(input) && !mask.hides("$")) return `(${input.length} bytes that are no text)`;
  return cutChars(mask.body(type, input), LIMITS.exemplarInputChars) ?? "";
}
