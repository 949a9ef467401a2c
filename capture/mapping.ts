/** A message becomes the fields of a CapturedRecord, or the reason why it cannot. Pure. */

import type { MapSettings } from "../src/config/schema.ts";
import { LIMITS } from "../src/limits.ts";
import { isModelName, type RejectReason } from "../src/record.ts";
import { isJsonType, isStringMap, readBase64, readLatency, readStatus, readTime } from "./fields.ts";
import { type CompiledMap, compileMap, type FieldName, type FieldSource } from "./paths.ts";
import type { Message } from "./port.ts";
import { createScanner, SCAN, type Scanner, VALUE } from "./scanner.ts";
import { decodeString, decodeText, unescapeBytes } from "./strings.ts";

/** One record's fields. Reused from message to message; byte fields are views of the message. */
export interface Fields {
  id: string;
  model: string;
  modelVersion: string | null;
  capturedAt: number;
  capturedAtFromMessage: boolean;
  input: Uint8Array;
  inputType: string;
  output: Uint8Array;
  outputType: string;
  status: number;
  latencyMs: number | null;
  attributes: string | null;
}

export interface Rejection {
  readonly reason: RejectReason;
  /** What was expected and received. */
  readonly detail: string;
}

export interface Mapper {
  /** Valid until the next `map`. */
  readonly fields: Fields;
  /** Fills `fields`; returns what is wrong with the message otherwise. The value must not be null. */
  map(message: Message): Rejection | undefined;
}

const JSON_TYPE = "application/json";
const STATUS_DEFAULT = 200;
const NO_BYTES = new Uint8Array(0);
const TYPE_NAMES = ["nothing", "a string", "a number", "an object", "a list", "a boolean", "null"];

export function createMapper(settings: MapSettings): Mapper {
  return new MessageMapper(compileMap(settings));
}

/** Thrown and caught inside `map` only. */
class Reject extends Error {
  readonly rejection: Rejection;
  constructor(reason: RejectReason, detail: string) {
    super(detail);
    this.rejection = { reason, detail };
  }
}

class MessageMapper implements Mapper {
  readonly fields: Fields = {
    id: "",
    model: "",
    modelVersion: null,
    capturedAt: 0,
    capturedAtFromMessage: false,
    input: NO_BYTES,
    inputType: JSON_TYPE,
    output: NO_BYTES,
    outputType: JSON_TYPE,
    status: STATUS_DEFAULT,
    latencyMs: null,
    attributes: null,
  };
  readonly #map: CompiledMap;
  readonly #scanner: Scanner;
  #message: Message | undefined;
  #value: Uint8Array = NO_BYTES;

  constructor(map: CompiledMap) {
    this.#map = map;
    this.#scanner = createScanner(map.root, map.slots);
  }

  map(message: Message): Rejection | undefined {
    this.#message = message;
    this.#value = message.value ?? NO_BYTES;
    try {
      this.#read(message);
      return undefined;
    } catch (error) {
      if (error instanceof Reject) return error.rejection;
      throw error;
    } finally {
      this.#message = undefined;
      this.#value = NO_BYTES;
    }
  }

  #read(message: Message): void {
    if (message.valueBytes > LIMITS.messageBytes) {
      const kept = this.#value.length < message.valueBytes ? `; its first ${this.#value.length} bytes are kept` : "";
      throw new Reject(
        "too_large",
        `the message has ${message.valueBytes} bytes, the limit is ${LIMITS.messageBytes}${kept}`,
      );
    }
    if (this.#value.length === 0) throw new Reject("empty", "the value has no bytes");
    if (this.#map.readsJson) this.#scan();
    const f = this.fields;
    f.id = this.#text("id") ?? missing("missing_id", "id");
    if (f.id === "") throw new Reject("missing_id", "the id is an empty string");
    f.model = this.#text("model") ?? missing("missing_model", "model");
    if (!isModelName(f.model)) {
      throw new Reject(
        "bad_model",
        `expected letters, digits and ._/@- without "..", at most 128; received ${quote(f.model)}`,
      );
    }
    f.modelVersion = this.#text("modelVersion") ?? null;
    f.inputType = this.#text("inputType") ?? JSON_TYPE;
    f.outputType = this.#text("outputType") ?? JSON_TYPE;
    f.input = this.#payload("input", f.inputType) ?? missing("missing_input", "input");
    f.output = this.#payload("output", f.outputType) ?? missing("missing_output", "output");
    const at = this.#scalar("capturedAt", readTime, "epoch milliseconds or ISO 8601 with a zone", true);
    f.capturedAt = at ?? message.timestamp;
    f.capturedAtFromMessage = at === undefined;
    f.status = this.#scalar("status", readStatus, "a whole number", false) ?? STATUS_DEFAULT;
    f.latencyMs = this.#scalar("latencyMs", readLatency, "a number of milliseconds, not negative", false) ?? null;
    f.attributes = this.#attributes();
  }

  #scan(): void {
    const result = this.#scanner.scan(this.#value);
    if (result === SCAN.ok) return;
    const at = this.#scanner.errorAt;
    if (result === SCAN.empty) throw new Reject("empty", "the value holds only white space");
    if (result === SCAN.duplicate)
      throw new Reject("duplicate_member", `repeated member at byte ${at}: ${this.#excerpt(at)}`);
    if (result === SCAN.depth) throw new Reject("bad_json", `nested deeper than ${LIMITS.jsonDepth} at byte ${at}`);
    throw new Reject("bad_json", `not JSON at byte ${at} of ${this.#value.length}: ${this.#excerpt(at)}`);
  }

  #excerpt(at: number): string {
    if (at >= this.#value.length) return "it ends too early";
    return quote(Buffer.from(this.#value.subarray(at, at + 32)).toString("utf8"));
  }

  /** The bytes of a field that does not come from JSON; undefined when it is not there. */
  #raw(name: FieldName, source: FieldSource): Uint8Array | undefined {
    if (source.from === "value") return this.#value;
    if (source.from === "key") return this.#message?.key ?? undefined;
    if (source.from !== "header") return undefined;
    let found: Uint8Array | undefined;
    for (const [header, value] of this.#message?.headers ?? []) {
      if (header.toLowerCase() !== source.name) continue;
      if (found) throw new Reject("duplicate_member", `${name}: the header ${source.name} is repeated`);
      found = value;
    }
    return found;
  }

  /** A field that must be text. JSON null counts as not there. */
  #text(name: FieldName): string | undefined {
    const source = this.#map.fields[name];
    let text: string | undefined;
    if (source.from === "json") {
      const type = this.#scanner.type[source.slot];
      if (type === VALUE.missing || type === VALUE.null) return undefined;
      if (type !== VALUE.string) throw bad(name, "a string", TYPE_NAMES[type as number] as string);
      const { start, end } = this.#scanner;
      text = decodeString(this.#value, (start[source.slot] as number) + 1, (end[source.slot] as number) - 1);
    } else {
      const raw = this.#raw(name, source);
      if (raw === undefined) return undefined;
      text = decodeText(raw);
    }
    if (text === undefined) throw bad(name, "well-formed Unicode", "invalid UTF-8 or a lone surrogate");
    if (text.length > LIMITS.textFieldChars) {
      throw bad(name, `at most ${LIMITS.textFieldChars} characters`, `${text.length}`);
    }
    return text;
  }

  /** A field read from its text: the digits of a JSON number, a header, or (`quoted`) a JSON string. */
  #scalar(
    name: FieldName,
    read: (text: string) => number | undefined,
    expected: string,
    quoted: boolean,
  ): number | undefined {
    const source = this.#map.fields[name];
    let text: string | undefined;
    if (source.from === "json" && this.#scanner.type[source.slot] !== VALUE.string) {
      const type = this.#scanner.type[source.slot] as number;
      if (type === VALUE.missing || type === VALUE.null) return undefined;
      if (type !== VALUE.number) throw bad(name, expected, TYPE_NAMES[type] as string);
      text = decodeText(this.#value, this.#scanner.start[source.slot], this.#scanner.end[source.slot]);
    } else {
      text = this.#text(name);
      if (text === undefined) return undefined;
      if (source.from === "json" && !quoted) throw bad(name, expected, `the string ${quote(text)}`);
    }
    const value = read(text as string);
    if (value === undefined) throw bad(name, expected, quote(text as string));
    return value;
  }

  /** Bytes of input or output: the member's own, the content of its string, or its base64 twin decoded. */
  #payload(name: "input" | "output", type: string): Uint8Array | undefined {
    const source = this.#map.fields[name];
    if (source.from !== "json") return this.#raw(name, source);
    const { type: types, start, end } = this.#scanner;
    const twin = source.base64Slot;
    if (twin >= 0 && types[twin] !== VALUE.missing) {
      if (types[source.slot] !== VALUE.missing) throw bad(name, `${name} or ${name}_base64`, "both");
      if (types[twin] !== VALUE.string) throw bad(name, "a base64 string", TYPE_NAMES[types[twin] as number] as string);
      const text = decodeString(this.#value, (start[twin] as number) + 1, (end[twin] as number) - 1);
      return (
        (text === undefined ? undefined : readBase64(text)) ?? reject(bad(name, "base64", quote(text ?? "not text")))
      );
    }
    const found = types[source.slot];
    if (found === VALUE.missing) return undefined;
    const from = start[source.slot] as number;
    const to = end[source.slot] as number;
    if (found !== VALUE.string || isJsonType(type)) return this.#value.subarray(from, to);
    const content = unescapeBytes(this.#value, from + 1, to - 1);
    return content ?? reject(bad(name, "text that UTF-8 can hold", "a lone surrogate"));
  }

  #attributes(): string | null {
    const source = this.#map.fields.attributes;
    let text: string | undefined;
    if (source.from === "json") {
      const type = this.#scanner.type[source.slot];
      if (type === VALUE.missing || type === VALUE.null) return null;
      text = decodeText(this.#value, this.#scanner.start[source.slot], this.#scanner.end[source.slot]);
    } else {
      const raw = this.#raw("attributes", source);
      if (raw === undefined) return null;
      text = decodeText(raw);
    }
    if (text === undefined || !isStringMap(text)) {
      throw bad("attributes", "an object whose values are all strings", quote(text ?? "invalid UTF-8"));
    }
    return text;
  }
}

function reject(error: Reject): never {
  throw error;
}

function missing(reason: RejectReason, name: string): never {
  throw new Reject(reason, `there is no ${name} where capture.map.${name} points`);
}

function bad(name: string, expected: string, received: string): Reject {
  return new Reject("bad_field", `${name}: expected ${expected}, received ${received}`);
}

/** Text for a message: JSON-quoted and cut. */
function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}
