/** Reads the sources of a map from one message after the other: JSON members, headers, key, value, position. */
import { LIMITS } from "../../src/limits.ts";
import { isJsonType, readBase64 } from "../../src/payload.ts";
import type { Message, PartitionId } from "../port.ts";
import { attributeHeader, type EventMode, eventMode } from "./cloudevents.ts";
import type { CompiledEvent, CompiledMap, FieldName, FieldSource } from "./paths.ts";
import { bad, quote, Reject, reject } from "./reject.ts";
import { createScanner, SCAN, type Scanner, VALUE } from "./scanner.ts";
import { decodeString, decodeText, isPlain, unescapeBytes } from "./strings.ts";
import { TextCache } from "./text-cache.ts";

type JsonSource = FieldSource & { readonly from: "json" };

export const NO_BYTES = new Uint8Array(0);
export const TYPE_NAMES = ["nothing", "a string", "a number", "an object", "a list", "a boolean", "null"];
const DIGITS_MAX = 15;
const NOWHERE: PartitionId = { log: "", partition: 0 };

/** Every reading is undefined when what it reads is not there; each throws a Reject when it is not of the form. */
export class FieldReader {
  /** Where the messages come from, for their position. */
  partition: PartitionId = NOWHERE;
  readonly #map: CompiledMap;
  readonly #data: Scanner;
  readonly #event: Scanner | undefined;
  readonly #texts = new TextCache();
  #message: Message | undefined;
  /** The bytes in which JSON members lie, and the scanner that found them there. */
  #bytes: Uint8Array = NO_BYTES;
  #found: Scanner;
  #mode: EventMode | undefined;

  constructor(map: CompiledMap) {
    this.#map = map;
    this.#data = createScanner(map.root, map.event?.slots ?? map.slots);
    this.#event = map.event && createScanner(map.event.root, map.event.slots);
    this.#found = this.#data;
  }

  /** Starts a message whose value is not empty. */
  open(message: Message, value: Uint8Array): void {
    this.#message = message;
    this.#bytes = value;
    const { event, readsJson } = this.#map;
    if (event !== undefined) this.#openEvent(event, message, value);
    else if (readsJson) scan(this.#data, value);
  }

  close(): void {
    this.#message = undefined;
    this.#bytes = NO_BYTES;
  }

  #openEvent(event: CompiledEvent, message: Message, value: Uint8Array): void {
    this.#mode = eventMode(message.headers);
    this.#found = this.#data;
    if (this.#mode === "binary") {
      if (this.#map.readsJson) scan(this.#data, value);
      return;
    }
    const around = this.#event as Scanner;
    scan(around, value);
    if (around.type[event.specVersion] !== VALUE.string) {
      throw new Reject("not_event", "the value is no event: there is no text specversion in it");
    }
    this.#found = around;
    const encoded = around.type[event.dataBase64] as number;
    if (encoded === VALUE.missing || encoded === VALUE.null) return;
    if (around.type[event.data] !== VALUE.missing) throw bad("data", "data or data_base64", "both");
    this.#bytes = base64At("data_base64", around, value, event.dataBase64);
    this.#found = this.#data;
    if (this.#map.readsJson) scan(this.#data, this.#bytes);
  }

  /** A source as text. JSON null counts as not there. */
  text(name: FieldName, source: FieldSource): string | undefined {
    let text: string | undefined;
    if (source.from === "json") {
      const type = this.jsonType(source);
      if (type === VALUE.missing || type === VALUE.null) return undefined;
      if (type !== VALUE.string) throw bad(name, "a string", TYPE_NAMES[type] as string);
      const start = (this.#found.start[source.slot] as number) + 1;
      const end = (this.#found.end[source.slot] as number) - 1;
      text = this.#texts.decode(this.#bytes, start, end);
    } else if (source.from === "position") {
      text = this.#position();
    } else if (source.from === "hex") {
      const raw = this.#header(name, source.name);
      return raw && Buffer.from(raw).toString("hex");
    } else {
      const raw = this.raw(name, source);
      if (raw === undefined) return undefined;
      text = decodeText(raw);
    }
    if (text === undefined) throw bad(name, "well-formed Unicode", "invalid UTF-8 or a lone surrogate");
    if (text.length > LIMITS.textFieldChars) {
      throw bad(name, `at most ${LIMITS.textFieldChars} characters`, `${text.length}`);
    }
    return text;
  }

  /**
   * Where the text of a JSON string stands that is its own UTF-8, as an id nearly always is: no string is made of it.
   * False when it is another one, or none: `text` says.
   */
  plainSpan(source: FieldSource, into: { idBytes: Uint8Array; idStart: number; idEnd: number }): boolean {
    if (source.from !== "json" || this.jsonType(source) !== VALUE.string) return false;
    const start = (this.#found.start[source.slot] as number) + 1;
    const end = (this.#found.end[source.slot] as number) - 1;
    if (end === start || end - start > LIMITS.textFieldChars || !isPlain(this.#bytes, start, end)) return false;
    into.idBytes = this.#bytes;
    into.idStart = start;
    into.idEnd = end;
    return true;
  }

  jsonType({ slot }: JsonSource): number {
    return this.#found.type[slot] as number;
  }

  /** The value of a JSON number that is nothing but up to 15 digits, which a double holds exactly. */
  digits({ slot }: JsonSource): number | undefined {
    const end = this.#found.end[slot] as number;
    let at = this.#found.start[slot] as number;
    if (end - at > DIGITS_MAX) return undefined;
    let value = 0;
    for (; at < end; at++) {
      const digit = (this.#bytes[at] as number) ^ 0x30;
      if (digit > 9) return undefined;
      value = value * 10 + digit;
    }
    return value;
  }

  /** The JSON member as it stands, as text; undefined also when it is not UTF-8. */
  jsonText({ slot }: JsonSource): string | undefined {
    return decodeText(this.#bytes, this.#found.start[slot], this.#found.end[slot]);
  }

  /** The bytes of a source that is not a JSON member. */
  raw(name: FieldName, source: FieldSource): Uint8Array | undefined {
    switch (source.from) {
      case "value":
        return this.#mode === "structured" ? this.#eventData(name, "application/json") : this.#bytes;
      case "key":
        return this.#message?.key ?? undefined;
      case "header":
        return this.#header(name, source.name);
      case "event":
        return this.#attribute(name, source);
      case "hex":
      case "position": {
        const text = this.text(name, source);
        return text === undefined ? undefined : Buffer.from(text);
      }
      default:
        return undefined;
    }
  }

  /** Bytes of input or output: the member's own, the content of its string, or its base64 twin decoded. */
  payload(name: "input" | "output", source: FieldSource, type: string): Uint8Array | undefined {
    if (source.from === "value" && this.#mode === "structured") return this.#eventData(name, type);
    if (source.from !== "json") return this.raw(name, source);
    const { type: types } = this.#found;
    const twin = source.base64Slot;
    if (twin < 0 || types[twin] === VALUE.missing) return this.#member(name, source.slot, type);
    if (types[source.slot] !== VALUE.missing) throw bad(name, `${name} or ${name}_base64`, "both");
    return base64At(name, this.#found, this.#bytes, twin);
  }

  /** A member's bytes; a string whose type is not JSON stands for its content. */
  #member(name: string, slot: number, type: string): Uint8Array | undefined {
    const found = this.#found.type[slot];
    if (found === VALUE.missing) return undefined;
    const from = this.#found.start[slot] as number;
    const to = this.#found.end[slot] as number;
    if (found !== VALUE.string || isJsonType(type)) return this.#bytes.subarray(from, to);
    const content = unescapeBytes(this.#bytes, from + 1, to - 1);
    return content ?? reject(bad(name, "text that UTF-8 can hold", "a lone surrogate"));
  }

  /** Of a structured event: what data_base64 was decoded to, or the member data. */
  #eventData(name: string, type: string): Uint8Array | undefined {
    if (this.#found === this.#data) return this.#bytes;
    return this.#member(name, this.#map.event?.data ?? -1, type);
  }

  #header(name: FieldName, wanted: string): Uint8Array | undefined {
    let found: Uint8Array | undefined;
    for (const [header, value] of this.#message?.headers ?? []) {
      if (header.toLowerCase() !== wanted) continue;
      if (found) throw new Reject("duplicate_member", `${name}: the header ${wanted} is repeated`);
      found = value;
    }
    return found;
  }

  /** An attribute's text: of a string its content, of a number or boolean its own. */
  #attribute(name: FieldName, { name: attribute, slot }: FieldSource & { from: "event" }): Uint8Array | undefined {
    if (this.#mode === "binary") return this.#header(name, attributeHeader(attribute));
    const { type, start, end } = this.#event as Scanner;
    const found = type[slot] as number;
    if (found === VALUE.missing || found === VALUE.null) return undefined;
    if (found === VALUE.object || found === VALUE.array) {
      throw bad(name, `a plain attribute ${attribute}`, TYPE_NAMES[found] as string);
    }
    const value = this.#message?.value ?? NO_BYTES;
    const from = start[slot] as number;
    const to = end[slot] as number;
    if (found !== VALUE.string) return value.subarray(from, to);
    return unescapeBytes(value, from + 1, to - 1) ?? reject(bad(name, "well-formed Unicode", "a lone surrogate"));
  }

  /** `topic/partition/offset`: the log without the part that tells clusters and files of one name apart. */
  #position(): string {
    const { log, partition } = this.partition;
    const cut = log.lastIndexOf("@");
    return `${cut < 0 ? log : log.slice(0, cut)}/${partition}/${this.#message?.offset}`;
  }
}

function base64At(name: string, { type, start, end }: Scanner, bytes: Uint8Array, slot: number): Uint8Array {
  if (type[slot] !== VALUE.string) throw bad(name, "a base64 string", TYPE_NAMES[type[slot] as number] as string);
  const text = decodeString(bytes, (start[slot] as number) + 1, (end[slot] as number) - 1);
  const decoded = text === undefined ? undefined : readBase64(text);
  return decoded ?? reject(bad(name, "base64", quote(text ?? "not text")));
}

function scan(scanner: Scanner, bytes: Uint8Array): void {
  const result = scanner.scan(bytes);
  if (result === SCAN.ok) return;
  const at = scanner.errorAt;
  if (result === SCAN.empty) throw new Reject("empty", "the value holds only white space");
  if (result === SCAN.duplicate) {
    throw new Reject("duplicate_member", `repeated member at byte ${at}: ${excerpt(bytes, at)}`);
  }
  if (result === SCAN.depth) throw new Reject("bad_json", `nested deeper than ${LIMITS.jsonDepth} at byte ${at}`);
  throw new Reject("bad_json", `not JSON at byte ${at} of ${bytes.length}: ${excerpt(bytes, at)}`);
}

function excerpt(bytes: Uint8Array, at: number): string {
  if (at >= bytes.length) return "it ends too early";
  return quote(Buffer.from(bytes.subarray(at, at + 32)).toString("utf8"));
}
