/** What is fuzzed: each target judges one input against an oracle, and throws when they differ. */
import assert from "node:assert/strict";
import { linesOf } from "../../capture/files/lines.ts";
import { compileMap } from "../../capture/mapping/paths.ts";
import { createScanner, SCAN, type Scanner, VALUE } from "../../capture/mapping/scanner.ts";
import { decodeString, memberName, unescapeBytes } from "../../capture/mapping/strings.ts";
import { configSchema } from "../../src/config/schema.ts";
import { LIMITS } from "../../src/limits.ts";
import { isJson, latin1, markLength, type Node, nameOf, parseSpans, wtf8 } from "./json-oracle.ts";
import { below, type Random } from "./mutate.ts";

/** Paths of the fields that stand in the message, for each map that is tried. */
const MAPS: readonly Readonly<Record<string, string>>[] = [
  {},
  { id: "$.a.a", model: "$.a.b", input: "$.a", output: '$["b.c"]' },
  { id: '$[""]', model: '$[""][""]', input: "$.é", output: "$.a.é.x" },
  { input: "$", output: "$.a.a.a" },
];

interface Compiled {
  readonly scanner: Scanner;
  /** Names in bytes, a character each, as the oracle has them. */
  readonly paths: readonly (readonly [path: readonly string[], slot: number])[];
}

const compiled: readonly Compiled[] = MAPS.map((map) => {
  const { root, slots } = compileMap(configSchema.parse({ capture: { map } }).capture.map);
  const paths: [string[], number][] = [];
  const walk = (node: typeof root, path: string[]): void => {
    if (node.slot >= 0) paths.push([path, node.slot]);
    for (const [i, child] of node.children.entries())
      walk(child, [...path, latin1(Buffer.from(node.names[i] as string))]);
  };
  walk(root, []);
  return { scanner: createScanner(root, slots), paths };
});

/** The scanner accepts what JSON.parse accepts, depth and repeated members aside, and finds the oracle's spans. */
export function checkScanner(bytes: Uint8Array): { readonly accepted: boolean } {
  const json = isJson(bytes);
  const tree = json ? parseSpans(bytes) : undefined;
  const utf8 = decoded(bytes.subarray(markLength(bytes)));
  if (utf8 !== undefined) assert.equal(parses(utf8), json, "the two ways to ask JSON.parse agree on UTF-8");
  let accepted = false;
  for (const [i, { scanner, paths }] of compiled.entries()) {
    const fault = scanner.scan(bytes);
    const place = `map ${i}, byte ${scanner.errorAt}`;
    assert.ok(scanner.errorAt >= 0 && scanner.errorAt <= bytes.length, place);
    if (json) {
      const deep = tree === undefined || tree.depth > LIMITS.jsonDepth;
      const repeated = tree !== undefined && repeats(tree, paths, []);
      if (fault === SCAN.ok) assert.ok(!deep && !repeated, `${place}: accepted, deep ${deep}, repeated ${repeated}`);
      else if (fault === SCAN.duplicate) assert.ok(repeated || deep, `${place}: no member is repeated`);
      else assert.equal(fault, deep ? SCAN.depth : SCAN.ok, `${place}: JSON was refused`);
    } else {
      assert.notEqual(fault, SCAN.ok, `${place}: accepted what is not JSON`);
      const blank = /^[ \t\n\r]*$/.test(latin1(bytes.subarray(markLength(bytes))));
      assert.equal(fault === SCAN.empty, blank, `${place}: empty`);
    }
    if (fault === SCAN.ok && tree) checkSpans(bytes, tree, paths, scanner);
    accepted ||= fault === SCAN.ok;
  }
  return { accepted };
}

function checkSpans(bytes: Uint8Array, tree: Node, paths: Compiled["paths"], scanner: Scanner): void {
  const document: unknown = JSON.parse(latin1(bytes.subarray(markLength(bytes))));
  for (const [path, slot] of paths) {
    const node = path.reduce<Node | undefined>((at, name) => at?.members.find(([n]) => n === name)?.[1], tree);
    const place = `$.${path.join(".")}`;
    assert.equal(scanner.type[slot], node ? VALUE[node.kind] : VALUE.missing, `${place}: type`);
    if (!node) continue;
    assert.deepEqual([scanner.start[slot], scanner.end[slot]], [node.start, node.end], `${place}: span`);
    // The span alone is the member: read by itself it is what the whole document holds there.
    const alone: unknown = JSON.parse(latin1(bytes.subarray(scanner.start[slot], scanner.end[slot])));
    const inside = path.reduce<unknown>((at, name) => membersOf(at)[name], document);
    // Read as latin1 an escaped name may be another: then the spans alone must do.
    if (inside !== undefined) assert.deepEqual(alone, inside, `${place}: value`);
  }
}

/** Whether a member repeats on a level that a path passes: the only ones that are looked at. */
function repeats(node: Node, paths: Compiled["paths"], at: readonly string[]): boolean {
  const passed = paths.some(([path]) => path.length > at.length && at.every((name, i) => path[i] === name));
  if (!passed || node.kind !== "object") return false;
  if (new Set(node.members.map(([name]) => name)).size < node.members.length) return true;
  return node.members.some(([name, value]) => repeats(value, paths, [...at, name]));
}

/** Escapes are read as JSON.parse reads them; names are equal exactly when the oracle's are. */
export function checkStrings(bytes: Uint8Array): { readonly accepted: boolean } {
  // Cut at bytes that may not stand in a string, so that many inputs hold some that may.
  const insides = latin1(bytes)
    .split(/"|[^ -\u00ff]/)
    .filter((text) => parses(`"${text}"`))
    .slice(0, STRINGS_MAX);
  for (const inside of insides) checkString(inside);
  // Beside each stands another spelling of it, and what one would take it for who reads bytes as characters.
  const spelled = insides.flatMap((inside) => [inside, respelled(inside), misread(inside)]);
  const ours = spelled.map((text) => memberName(Buffer.from(text, "latin1"), 0, text.length));
  const theirs = spelled.map(nameOf);
  for (let i = 0; i < spelled.length; i++) {
    for (let j = 0; j < i; j++)
      assert.equal(ours[i] === ours[j], theirs[i] === theirs[j], `names ${JSON.stringify([spelled[i], spelled[j]])}`);
  }
  return { accepted: insides.length > 1 };
}

const STRINGS_MAX = 6;

function respelled(inside: string): string {
  const text = decoded(Buffer.from(inside, "latin1"));
  return text === undefined ? inside : unitsEscaped(JSON.parse(`"${text}"`) as string);
}

function misread(inside: string): string {
  return inside.replace(/[\x80-\xff]/g, unitsEscaped);
}

function unitsEscaped(text: string): string {
  return text
    .split("")
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
    .join("");
}

function checkString(inside: string): void {
  // In the middle of other bytes: nothing before or after the span may be read.
  const around = Buffer.from(`\\ud83d"${inside}"\\ude00`, "latin1");
  const [start, end] = [8 - 1, around.length - 7];
  const found = unescapeBytes(around, start, end);
  const raw = Buffer.from(inside, "latin1");
  const place = JSON.stringify(inside);
  const text = decoded(raw);
  if (text !== undefined) {
    const value = JSON.parse(`"${text}"`) as string;
    const whole = value.isWellFormed();
    assert.equal(found === undefined, !whole, `${place}: lone surrogate`);
    assert.equal(decodeString(around, start, end), whole ? value : undefined, `${place}: text`);
    if (found) assert.deepEqual(Buffer.from(found), Buffer.from(value, "utf8"), `${place}: bytes`);
    return;
  }
  // Bytes that are not UTF-8 stay; what is between them is read as before.
  const pieces = inside.split(/((?:\\u[0-9a-fA-F]{4}|\\[^u])+)/);
  const values = pieces.map((piece, i) => (i % 2 === 1 ? (JSON.parse(`"${piece}"`) as string) : piece));
  const whole = values.every((value, i) => i % 2 === 0 || value.isWellFormed());
  assert.equal(found === undefined, !whole, `${place}: lone surrogate among bytes`);
  const expected = values.map((value, i) => (i % 2 === 1 ? wtf8(value) : Buffer.from(value, "latin1")));
  if (found) assert.deepEqual(Buffer.from(found), Buffer.concat(expected), `${place}: bytes`);
  assert.equal(decodeString(around, start, end), found && decoded(found), `${place}: text of bytes`);
}

/** Lines are those of the whole file, wherever its chunks end. */
export async function checkLines(bytes: Uint8Array, random: Random): Promise<{ readonly accepted: boolean }> {
  const max = 1 + below(random, 30);
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = random() < 0.1 ? 0 : 1 + below(random, random() < 0.5 ? 3 : 40);
    chunks.push(bytes.subarray(at, at + length));
    at += length;
  }
  const found: [string, number][] = [];
  for await (const group of linesOf(streamOf(chunks), max))
    for (const line of group) found.push([latin1(line.bytes), line.length]);
  const text = latin1(bytes);
  const whole = text.split("\n").map((line) => line.replace(/\r$/, ""));
  if (text === "" || text.endsWith("\n")) whole.pop();
  assert.deepEqual(
    found,
    whole.map((line) => [line.slice(0, max), line.length]),
    `limit ${max}, chunks of ${chunks.map(({ length }) => length).join(" ")}`,
  );
  return { accepted: whole.length > 1 };
}

async function* streamOf(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

function decoded(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function membersOf(value: unknown): Record<string, unknown> {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return {};
  return Object.assign(Object.create(null) as Record<string, unknown>, value);
}
