/** A message becomes the fields of a CapturedRecord, or the reason why it cannot. Pure. */

import type { MapSettings } from "../../src/config/schema.ts";
import { LIMITS } from "../../src/limits.ts";
import { isModelName, type RejectReason } from "../../src/record.ts";
import type { Message, PartitionId } from "../port.ts";
import { FieldReader, NO_BYTES, TYPE_NAMES } from "./field-reader.ts";
import { isStringMap, readLatency, readStatus, readTime } from "./fields.ts";
import { type CompiledMap, compileMap, type FieldName, type FieldSource, type Format } from "./paths.ts";
import { bad, quote, Reject, type Rejection } from "./reject.ts";
import { VALUE } from "./scanner.ts";
import { decodeText } from "./strings.ts";

/** One record's fields. Reused from message to message; byte fields are views of the message. */
export interface Fields {
  readonly id: string;
  /** UTF-8 of the id: [idStart, idEnd) of these bytes, which are mostly the message. */
  idBytes: Uint8Array;
  idStart: number;
  idEnd: number;
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

export interface Mapper {
  /** Valid until the next `map`. */
  readonly fields: Fields;
  /** Where the messages come from: set before `map`, for maps that name the position. */
  partition: PartitionId;
  /** Fills `fields`; returns what is wrong with the message otherwise. The value must not be null. */
  map(message: Message): Rejection | undefined;
}

const JSON_TYPE = "application/json";

interface Scalar {
  readonly read: (text: string) => number | undefined;
  readonly expected: string;
  readonly quoted: boolean;
}
const STATUS: Scalar = { read: readStatus, expected: "a whole number", quoted: false };
const LATENCY: Scalar = { read: readLatency, expected: "a number of milliseconds, not negative", quoted: false };
const TIME: Scalar = { read: readTime, expected: "epoch milliseconds or ISO 8601 with a zone", quoted: true };
const STATUS_DEFAULT = 200;
/** Names remembered; more models than this are checked anew each time. */
const MODELS_KNOWN_MAX = 10_000;

export function createMapper(settings: MapSettings, format?: Format): Mapper {
  return new MessageMapper(compileMap(settings, format));
}

class MappedFields implements Fields {
  idBytes: Uint8Array = NO_BYTES;
  idStart = 0;
  idEnd = 0;
  model = "";
  modelVersion: string | null = null;
  capturedAt = 0;
  capturedAtFromMessage = false;
  input: Uint8Array = NO_BYTES;
  inputType = JSON_TYPE;
  output: Uint8Array = NO_BYTES;
  outputType = JSON_TYPE;
  status = STATUS_DEFAULT;
  latencyMs: number | null = null;
  attributes: string | null = null;

  /** Made when it is asked for: most captures only copy its bytes. */
  get id(): string {
    return decodeText(this.idBytes, this.idStart, this.idEnd) as string;
  }
}

class MessageMapper implements Mapper {
  readonly fields: Fields = new MappedFields();
  readonly #sources: CompiledMap["fields"];
  readonly #reader: FieldReader;
  /** Names that were found to be good. */
  readonly #models = new Set<string>();

  constructor(map: CompiledMap) {
    this.#sources = map.fields;
    this.#reader = new FieldReader(map);
  }

  get partition(): PartitionId {
    return this.#reader.partition;
  }

  set partition(partition: PartitionId) {
    this.#reader.partition = partition;
  }

  map(message: Message): Rejection | undefined {
    try {
      this.#read(message);
      return undefined;
    } catch (error) {
      if (error instanceof Reject) return error.rejection;
      throw error;
    } finally {
      this.#reader.close();
    }
  }

  #read(message: Message): void {
    const value = message.value ?? NO_BYTES;
    if (message.valueBytes > LIMITS.messageBytes) {
      const kept = value.length < message.valueBytes ? `; its first ${value.length} bytes are kept` : "";
      throw new Reject(
        "too_large",
        `the message has ${message.valueBytes} bytes, the limit is ${LIMITS.messageBytes}${kept}`,
      );
    }
    if (value.length === 0) throw new Reject("empty", "the value has no bytes");
    this.#reader.open(message, value);
    const f = this.fields;
    // Each source is named where it is read: looked up by a name that varies, it would cost more than what it finds.
    const sources = this.#sources;
    this.#readId();
    f.model = this.#text("model", sources.model) ?? missing("missing_model", "model");
    if (!this.#models.has(f.model)) this.#checkModel(f.model);
    f.modelVersion = this.#text("modelVersion", sources.modelVersion) ?? null;
    f.inputType = this.#text("inputType", sources.inputType) ?? JSON_TYPE;
    f.outputType = this.#text("outputType", sources.outputType) ?? JSON_TYPE;
    f.input = this.#payload("input", sources.input, f.inputType) ?? missing("missing_input", "input");
    f.output = this.#payload("output", sources.output, f.outputType) ?? missing("missing_output", "output");
    const at = this.#time();
    f.capturedAt = at ?? message.timestamp;
    f.capturedAtFromMessage = at === undefined;
    f.status = this.#scalar("status", sources.status, STATUS) ?? STATUS_DEFAULT;
    f.latencyMs = this.#scalar("latencyMs", sources.latencyMs, LATENCY) ?? null;
    f.attributes = this.#attributes();
  }

  #checkModel(model: string): void {
    if (!isModelName(model)) {
      throw new Reject(
        "bad_model",
        `expected letters, digits and ._/@- without "..", at most 128; received ${quote(model)}`,
      );
    }
    if (this.#models.size < MODELS_KNOWN_MAX) this.#models.add(model);
  }

  #time(): number | undefined {
    const source = this.#sources.capturedAt;
    if (source.from === "json" && this.#reader.jsonType(source) === VALUE.number) {
      const digits = this.#reader.digits(source);
      if (digits !== undefined) return digits;
    }
    return this.#scalar("capturedAt", source, TIME);
  }

  /** An empty id is none: the next source is asked. */
  #readId(): void {
    let empty = false;
    for (let source: FieldSource | undefined = this.#sources.id; source !== undefined; source = source.next) {
      if (this.#reader.plainSpan(source, this.fields)) return;
      const text = this.#reader.text("id", source);
      if (text) {
        this.#setId(Buffer.from(text));
        return;
      }
      empty ||= text === "";
    }
    if (empty) throw new Reject("missing_id", "the id is an empty string");
    missing("missing_id", "id");
  }

  #setId(bytes: Uint8Array): void {
    const f = this.fields;
    f.idBytes = bytes;
    f.idStart = 0;
    f.idEnd = bytes.length;
  }

  #text(name: FieldName, first: FieldSource): string | undefined {
    for (let source: FieldSource | undefined = first; source !== undefined; source = source.next) {
      const text = this.#reader.text(name, source);
      if (text !== undefined) return text;
    }
    return undefined;
  }

  #payload(name: "input" | "output", first: FieldSource, type: string): Uint8Array | undefined {
    for (let source: FieldSource | undefined = first; source !== undefined; source = source.next) {
      const bytes = this.#reader.payload(name, source, type);
      if (bytes !== undefined) return bytes;
    }
    return undefined;
  }

  /** A field read from its text: the digits of a JSON number, a header, or (`quoted`) a JSON string. */
  #scalar(name: FieldName, first: FieldSource, scalar: Scalar): number | undefined {
    for (let source: FieldSource | undefined = first; source !== undefined; source = source.next) {
      const text = this.#scalarText(name, source, scalar);
      if (text !== undefined) return scalar.read(text) ?? invalid(name, scalar.expected, text);
    }
    return undefined;
  }

  #scalarText(name: FieldName, source: FieldSource, { expected, quoted }: Scalar): string | undefined {
    if (source.from !== "json") return this.#reader.text(name, source);
    const type = this.#reader.jsonType(source);
    if (type === VALUE.missing || type === VALUE.null) return undefined;
    if (type === VALUE.number) return this.#reader.jsonText(source);
    if (type !== VALUE.string) throw bad(name, expected, TYPE_NAMES[type] as string);
    const text = this.#reader.text(name, source) ?? "";
    if (!quoted) throw bad(name, expected, `the string ${quote(text)}`);
    return text;
  }

  #attributes(): string | null {
    const name = "attributes";
    for (let source: FieldSource | undefined = this.#sources[name]; source !== undefined; source = source.next) {
      let text: string | undefined;
      if (source.from === "json") {
        const type = this.#reader.jsonType(source);
        if (type === VALUE.missing || type === VALUE.null) continue;
        text = this.#reader.jsonText(source);
      } else {
        const raw = this.#reader.raw(name, source);
        if (raw === undefined) continue;
        text = decodeText(raw);
      }
      if (text !== undefined && isStringMap(text)) return text;
      throw bad(name, "an object whose values are all strings", quote(text ?? "invalid UTF-8"));
    }
    return null;
  }
}

function missing(reason: RejectReason, name: string): never {
  throw new Reject(reason, `there is no ${name} where capture.map.${name} points`);
}

function invalid(name: string, expected: string, text: string): never {
  throw bad(name, expected, quote(text));
}
