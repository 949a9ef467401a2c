/** Waivers: differences that a person accepts, by name and until a day. Still counted, still shown. */
import { readFile } from "node:fs/promises";
import { z } from "zod";
import { messageOf } from "../errors.ts";
import { FINGERPRINT, OLDER_FINGERPRINT } from "../fingerprint.ts";
import { LIMITS } from "../limits.ts";
import { type Fault, faultsOf } from "./faults.ts";

const waiverSchema = z.strictObject({
  /** Of a group, as report and terminal name it. */
  fingerprint: z.string().regex(FINGERPRINT, {
    error: "expected a group's fingerprint, such as 2:0123456789ab or 2:0123456789ab.01234567",
  }),
  reason: z.string().min(1),
  owner: z.string().min(1),
  /** Day (UTC) after which it no longer applies. */
  expires: z.iso.date(),
});
export type Waiver = z.infer<typeof waiverSchema>;

export interface WaiversFile {
  /** In order of fingerprint: the order of the file means nothing. */
  readonly waivers: readonly Waiver[];
  readonly faults: readonly Fault[];
}

/** Reads the file; what is wrong with it is told all at once. An empty file holds no waiver. */
export async function readWaivers(file: string): Promise<WaiversFile> {
  const read = await readText(file);
  if ("fault" in read) return { waivers: [], faults: [read.fault] };
  // The YAML parser is loaded only here, so that --help need not wait for it.
  const { parseConfigDocument } = await import("./document.ts");
  const document = parseConfigDocument(read.text);
  if (document.faults.length > 0) return { waivers: [], faults: document.faults };
  const written = isEmptyMap(document.value) ? [] : document.value;
  const parsed = z.array(waiverSchema).safeParse(written, { reportInput: true });
  if (!parsed.success) {
    const faults = parsed.error.issues.flatMap((issue) =>
      isUnknownKey(issue) ? unknown(issue) : faultsOf(issue, written).map(named),
    );
    return { waivers: [], faults: faults.map((fault) => ({ ...fault, line: document.lineOf(fault.path) })) };
  }
  const sorted = [...parsed.data].sort((a, b) => (a.fingerprint < b.fingerprint ? -1 : 1));
  const repeated = parsed.data.flatMap(({ fingerprint }, index): Fault[] => {
    if (parsed.data.findIndex((one) => one.fingerprint === fingerprint) === index) return [];
    const problem = "this fingerprint is waived twice";
    return [{ path: [index], line: document.lineOf([index]), problem, received: fingerprint }];
  });
  return { waivers: sorted, faults: repeated };
}

async function readText(file: string): Promise<{ readonly text: string } | { readonly fault: Fault }> {
  try {
    const bytes = await readFile(file);
    if (bytes.length > LIMITS.configBytes) {
      return { fault: { path: [], problem: "the file is too large", expected: `at most ${LIMITS.configBytes} bytes` } };
    }
    return { text: new TextDecoder("utf-8", { fatal: true }).decode(bytes) };
  } catch (error) {
    const hint = "`waivers` is the path of a list of fingerprint, reason, owner and expires";
    return { fault: { path: [], problem: "the file of waivers cannot be read", received: messageOf(error), hint } };
  }
}

type Issue = z.core.$ZodIssue;
type UnknownKey = z.core.$ZodIssueUnrecognizedKeys;

function isUnknownKey(issue: Issue): issue is UnknownKey {
  return issue.code === "unrecognized_keys";
}

/** The keys of cutover.yaml, which `faultsOf` knows, are not those of this file. */
function unknown({ path, keys }: UnknownKey): Fault[] {
  const expected = `one of ${Object.keys(waiverSchema.shape).join(", ")}`;
  return keys.map((key) => ({ path: [...path.map(String), key], problem: `unknown key \`${key}\``, expected }));
}

/** A group of an earlier scheme has another name now: a waiver of the old one would accept nothing, and say nothing. */
function named(fault: Fault): Fault {
  const old = fault.path.at(-1) === "fingerprint" && OLDER_FINGERPRINT.test(JSON.parse(fault.received ?? '""'));
  if (!old) return fault;
  return {
    ...fault,
    problem: "groups have other names since fingerprints tell shapes of text apart",
    hint: "remove this waiver, run `cutover compare`, and take the group's new name from `cutover groups RUN`",
  };
}

function isEmptyMap(value: unknown): boolean {
  return value !== null && typeof value === "object" && !Array.isArray(value) && Object.keys(value).length === 0;
}
