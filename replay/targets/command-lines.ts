/**
 * The line protocol of a command target. In, for each request, one line of ASCII and UTF-8:
 *   {"n":1,"id":"…","model":"…","contentType":"…","accept":"…","input":…}
 * `input` is the body: as it stands when its type is JSON, as a string that holds it when it is other text; a body
 * that cannot stand in a line so (it is not UTF-8, no JSON though its type says so, or has a line break) comes as
 * `input_base64` instead. Out, one line:
 *   {"n":1,"output":…,"contentType":"…","status":200}
 * with the same `n`, and `output` or `output_base64` by the same rules: the bytes of a JSON `output` are kept as
 * they stand. `contentType` is application/json and `status` is 200 when they are left out; other members are ignored.
 */
import { isUtf8 } from "node:buffer";
import { isJsonType, readBase64 } from "../../src/payload.ts";
import { isStatus, type ModelAnswer } from "./model-answer.ts";
import { rawMembers } from "./raw-members.ts";
import type { TargetRequest } from "./target.ts";

/** `n` counts the requests that a program was given. */
export function requestLine(n: number, request: TargetRequest): Buffer {
  const { id, model, contentType, accept } = request;
  const head = jsonLine({ n, id, model, contentType, accept });
  return Buffer.concat([Buffer.from(head.slice(0, -1)), inputMember(request), Buffer.from("}\n")]);
}

function inputMember({ body, contentType }: TargetRequest): Buffer {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  if (isUtf8(bytes)) {
    const text = bytes.toString("utf8");
    if (!isJsonType(contentType)) return Buffer.from(`,"input":${jsonLine(text)}`);
    if (!LINE_BREAKS.test(text) && isJson(text)) return Buffer.concat([Buffer.from(',"input":'), bytes]);
  }
  return Buffer.from(`,"input_base64":"${bytes.toString("base64")}"`);
}

/** What one language or another takes for the end of a line: Node's readline ends one at U+2028 as well. */
const LINE_BREAKS = /[\n\r\u2028\u2029]/;

function jsonLine(value: unknown): string {
  return JSON.stringify(value).replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029");
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** The answer to request `n`; a text when the line is none. */
export function readAnswer(line: Buffer, n: number): ModelAnswer | string {
  const members = rawMembers(line);
  if (typeof members === "string") return members;
  const value = (name: string): unknown => {
    const raw = members.get(name);
    return raw === undefined ? undefined : JSON.parse(raw.toString("utf8"));
  };
  const told = value("n");
  if (told !== n) return told === undefined ? 'no "n"' : `the answer to request ${JSON.stringify(told)}, not to ${n}`;
  const { status = 200, contentType = "application/json" } = {
    status: value("status"),
    contentType: value("contentType"),
  };
  if (!isStatus(status)) return "a status that is no whole number from 100 to 599";
  if (typeof contentType !== "string" || contentType === "") return "a contentType that is no text";
  const body = outputOf(members, contentType);
  return typeof body === "string" ? body : { status, type: contentType, body };
}

function outputOf(members: ReadonlyMap<string, Buffer>, contentType: string): Uint8Array | string {
  const output = members.get("output");
  const base64 = members.get("output_base64");
  if ((output === undefined) === (base64 === undefined)) {
    return `${output ? "both" : "neither"} of "output" and "output_base64"`;
  }
  if (base64) {
    const text: unknown = JSON.parse(base64.toString("utf8"));
    return (typeof text === "string" ? readBase64(text) : undefined) ?? 'an "output_base64" that is no base64';
  }
  const raw = output as Buffer;
  if (isJsonType(contentType)) return Uint8Array.from(raw);
  const text: unknown = JSON.parse(raw.toString("utf8"));
  // A string stands for its content; anything else of a type that is not JSON is kept as it stands.
  if (typeof text !== "string") return Uint8Array.from(raw);
  if (!isUtf8(raw) || !text.isWellFormed())
    return 'an "output" that is no UTF-8 text: such bytes go into "output_base64"';
  return new TextEncoder().encode(text);
}
