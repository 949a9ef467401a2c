/** A signature as a sentence. */
import type { Signature } from "../types.ts";

/** `candidate = legacy × 100 in 213 of 213 sampled pairs`. */
export function causeOf(signature: Signature): string {
  const { holds, of } = signature;
  const [claim, advice] = claimOf(signature);
  const basis = `in ${holds} of ${of} sampled ${of === 1 ? "pair" : "pairs"}`;
  return `${claim} ${basis}${advice === undefined ? "" : `: ${advice}`}`;
}

/** What it claims, without the pairs it was seen in: `candidate = legacy × 100`. */
export function claimTextOf(signature: Signature): string {
  return claimOf(signature)[0].replace(/,$/, "");
}

type Parameters = Signature["parameters"];

function claimOf({ name, parameters }: Signature): [claim: string, advice?: string] {
  const { side, from } = parameters;
  const [rounded, exact] = side === "legacy" ? ["legacy", "candidate"] : ["candidate", "legacy"];
  switch (name) {
    case "constant_offset":
    case "off_by_one":
      return [`candidate = legacy ${signed(Number(parameters.offset))}`, ...steps(name)];
    case "constant_ratio":
      return [ratioText(Number(parameters.ratio))];
    case "rounded":
      return [`${rounded} = ${exact} ${roundingText(parameters)}`];
    case "float32":
      return [
        `${rounded} = ${exact} rounded to float32`,
        "a rule of type number with `width: 32` compares what both can hold",
      ];
    case "sign_flip":
      return ["candidate = −legacy"];
    case "complement":
      return ["candidate = 1 − legacy", "the probability of the other class"];
    case "logit":
      return from === "logit"
        ? ["candidate = 1 / (1 + exp(−legacy))", "a probability where legacy gives its logit"]
        : ["candidate = ln(legacy / (1 − legacy))", "the logit where legacy gives a probability"];
    case "permuted_labels":
      return [`labels stand for one another, ${parameters.mapping},`];
    case "clipped":
      return [`candidate = legacy, but ${boundText(parameters)},`];
    case "constant_default":
      return [`candidate is ${parameters.value} whatever legacy says`];
    case "hour_shift":
      return [`candidate = legacy ${hoursText(parameters.hours)}`, "another time zone"];
    case "permutation":
      return [`the same elements in ${parameters.order === "reversed" ? "reversed" : "another"} order`];
  }
}

function steps(name: "constant_offset" | "off_by_one"): [] | [string] {
  return name === "off_by_one" ? ["an index that counts from elsewhere"] : [];
}

function signed(value: number): string {
  return value < 0 ? `− ${-value}` : `+ ${value}`;
}

/** Divided by a whole number rather than multiplied by a fraction. */
function ratioText(ratio: number): string {
  const inverse = 1 / ratio;
  const isDivision = Math.abs(ratio) < 1 && Math.abs(inverse - Math.round(inverse)) <= 1e-9 * Math.abs(inverse);
  const text = (value: number): string => (value < 0 ? `−${-value}` : `${value}`);
  return isDivision ? `candidate = legacy / ${text(Math.round(inverse))}` : `candidate = legacy × ${text(ratio)}`;
}

const ROUNDINGS: Readonly<Record<string, string>> = { "half-even": " (half-even)", "half-up": " (half-up)" };

function roundingText({ decimals, digits, rounding }: Parameters): string {
  const to = decimals === undefined ? `${digits} digits` : decimals === 1 ? "1 decimal" : `${decimals} decimals`;
  return rounding === "down" ? `cut to ${to}` : `rounded to ${to}${ROUNDINGS[rounding ?? ""] ?? ""}`;
}

function boundText({ lower, upper }: Parameters): string {
  if (lower === undefined) return `at most ${upper}`;
  return upper === undefined ? `at least ${lower}` : `from ${lower} to ${upper}`;
}

function hoursText(hours: number | string | undefined): string {
  if (typeof hours === "number")
    return `${hours < 0 ? "−" : "+"} ${Math.abs(hours)} ${Math.abs(hours) === 1 ? "hour" : "hours"}`;
  const text = String(hours);
  return `${text.startsWith("-") ? "−" : "+"} ${text.replaceAll("-", "")} hours`;
}
