import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createMapper, type Fields, type Mapper } from "../../../capture/mapping/mapping.ts";
import type { Message } from "../../../capture/port.ts";
import { configSchema } from "../../../src/config/schema.ts";
import { LIMITS } from "../../../src/limits.ts";
import { REJECT_REASONS } from "../../../src/record.ts";

interface Case {
  readonly name: string;
  readonly value: string;
  readonly fields?: Record<string, unknown>;
  readonly reason?: string;
}
const cases: Case[] = JSON.parse(
  readFileSync(new URL("../../../fixtures/capture/messages.json", import.meta.url), "utf8"),
);

interface SourceCase extends Case {
  readonly map: Record<string, string | string[]>;
  /** `base64:…` is bytes. */
  readonly headers?: readonly (readonly [string, string])[];
  readonly key?: string;
  readonly detail?: string;
}
const read = (name: string): SourceCase[] =>
  JSON.parse(readFileSync(new URL(`../../../fixtures/capture/${name}.json`, import.meta.url), "utf8"));

const header = (text: string): Buffer =>
  text.startsWith("base64:") ? Buffer.from(text.slice("base64:".length), "base64") : Buffer.from(text);

function mapperOf(map: Record<string, string | string[]> = {}): Mapper {
  return createMapper(configSchema.parse({ capture: { map } }).capture.map);
}

function message(value: string | Uint8Array, rest: Partial<Message> = {}): Message {
  const bytes = Buffer.from(value as string);
  return { offset: 0n, timestamp: 42, key: null, value: bytes, valueBytes: bytes.length, headers: [], ...rest };
}

function textual(fields: Fields): Record<string, unknown> {
  return Object.fromEntries(
    // The id is made when it is asked for.
    [["id", fields.id] as const, ...Object.entries(fields)].map(([name, value]) => [
      name,
      value instanceof Uint8Array ? Buffer.from(value).toString() : value,
    ]),
  );
}

describe("the default envelope", () => {
  test.each(cases)("$name", ({ value, fields, reason }) => {
    const mapper = mapperOf();
    const rejection = mapper.map(message(value));
    expect(rejection?.reason).toBe(reason);
    if (fields) expect(textual(mapper.fields)).toMatchObject(fields);
    if (rejection) expect(rejection.detail.length).toBeLessThan(LIMITS.errorDetailBytes);
  });

  test("one message leaves nothing in the next", () => {
    const mapper = mapperOf();
    const all =
      '{"id":"a","model":"m","input":1,"output":2,"status":500,"latencyMs":3,"modelVersion":"v","attributes":{}}';
    mapper.map(message(all));
    mapper.map(message('{"id":"b","model":"m","input":1,"output":2}'));
    expect(mapper.fields).toMatchObject({ status: 200, latencyMs: null, modelVersion: null, attributes: null });
  });

  test("input keeps bytes that are not UTF-8", () => {
    const mapper = mapperOf();
    const value = Buffer.concat([
      Buffer.from('{"id":"a","model":"m","input":"'),
      Buffer.from([0xff]),
      Buffer.from('","output":2}'),
    ]);
    expect(mapper.map(message(value))).toBeUndefined();
    expect([...mapper.fields.input]).toEqual([0x22, 0xff, 0x22]);
  });

  test("a message above the limit is too large, and what was cut is said", () => {
    const valueBytes = LIMITS.messageBytes + 1;
    const rejection = mapperOf().map(message("{}", { valueBytes }));
    expect(rejection).toMatchObject({ reason: "too_large", detail: expect.stringContaining(`${valueBytes} bytes`) });
  });
});

describe("other maps", () => {
  const headers: Message["headers"] = [
    ["X-Id", Buffer.from("from-header")],
    ["at", Buffer.from("1700000000000")],
    ["code", Buffer.from("503")],
  ];

  test("fields come from headers, key and the whole value, which then need not be JSON", () => {
    const mapper = mapperOf({
      id: "header:x-id",
      model: "key",
      input: "value",
      output: "header:code",
      capturedAt: "header:at",
      status: "header:code",
    });
    expect(mapper.map(message("1,2,3", { key: Buffer.from("m"), headers }))).toBeUndefined();
    expect(textual(mapper.fields)).toMatchObject({
      id: "from-header",
      model: "m",
      input: "1,2,3",
      output: "503",
      status: 503,
      capturedAt: 1.7e12,
    });
  });

  test("nested paths and quoted names", () => {
    const mapper = mapperOf({ id: '$.meta["trace.id"]', input: "$.data.request", output: "$.data.response" });
    const value = '{"meta":{"trace.id":"t"},"model":"m","data":{"request": {"a":1} ,"response":1.0}}';
    expect(mapper.map(message(value))).toBeUndefined();
    expect(textual(mapper.fields)).toMatchObject({ id: "t", input: '{"a":1}', output: "1.0" });
  });

  test("a repeated header is not chosen from", () => {
    const twice: Message["headers"] = [...headers, ["x-id", Buffer.from("other")]];
    const rejection = mapperOf({ id: "header:x-id" }).map(
      message('{"model":"m","input":1,"output":2}', { headers: twice }),
    );
    expect(rejection?.reason).toBe("duplicate_member");
  });

  test.each(["$.a[0]", "$..a", "$.", "$a", '$["a"'])("the path %s is refused before a message is read", (path) => {
    expect(() => mapperOf({ input: path })).toThrow(expect.objectContaining({ code: "CONFIG" }));
  });
});

describe.each([
  ["envelope", "sources"],
  ["cloudevents", "cloudevents"],
] as const)("under format %s", (format, fixture) => {
  test.each(read(fixture))("$name", ({ map, headers = [], key, value, fields, reason, detail }) => {
    const mapper = createMapper(configSchema.parse({ capture: { map } }).capture.map, format);
    mapper.partition = { log: "inference@0011aabb", partition: 3 };
    const rest = {
      offset: 1042n,
      key: key === undefined ? null : Buffer.from(key),
      headers: headers.map(([name, text]): [string, Buffer] => [name, header(text)]),
    };
    // What an event before it left behind must not show.
    mapper.map(message(LEFTOVER.value, { headers: LEFTOVER.headers }));
    const rejection = mapper.map(message(value, rest));
    expect(rejection?.reason, rejection?.detail).toBe(reason);
    if (fields) expect(textual(mapper.fields)).toMatchObject(fields);
    if (detail) expect(rejection?.detail).toContain(detail);
  });
});

const LEFTOVER = {
  headers: [["content-type", Buffer.from("application/cloudevents+json")]] as [string, Buffer][],
  value: `{"specversion":"1.0","id":"old","type":"old","subject":"old","correlationid":"old","datacontenttype":"old",
    "time":"2020-01-01T00:00:00Z","data":{"id":"old","model":"old","input":"old","output":"old","attributes":{}}}`,
};

const bytes = fc.uint8Array({ maxLength: 60 }).map((list) => Buffer.from(list));
const json = fc.json({ maxDepth: 3 });

test("both modes of an event give the same record, byte for byte", () => {
  fc.assert(
    fc.property(json, json, fc.stringMatching(/^[ -~]{1,20}$/), (input, output, id) => {
      const data = `{"model":"m", "input": ${input} ,"output":${output}}`;
      const map = configSchema.parse({ capture: { map: { id: "ce:id" } } }).capture.map;
      const mapper = createMapper(map, "cloudevents");
      const taken = (value: string, headers: [string, string][]) => {
        const rejection = mapper.map(
          message(value, { headers: headers.map(([name, text]) => [name, Buffer.from(text)]) }),
        );
        return rejection ?? textual(mapper.fields);
      };
      const structured: [string, string][] = [["content-type", "application/cloudevents+json"]];
      const around = (member: string) => `{"specversion":"1.0","id":${JSON.stringify(id)},${member}}`;
      const binary = taken(data, [
        ["ce_specversion", "1.0"],
        ["ce_id", id],
      ]);
      expect(binary).toMatchObject({ id, input: input.trim(), output: output.trim() });
      expect(taken(around(`"data": ${data}`), structured)).toEqual(binary);
      const encoded = Buffer.from(data).toString("base64");
      expect(taken(around(`"data_base64":"${encoded}"`), structured)).toEqual(binary);
    }),
  );
});

test("any bytes in headers, key and value are a record or a rejection, under every map", () => {
  const source = fc.constantFrom("$.a", "$", "header:h", "hex:h", "ce:id", "key", "value", "position");
  const names = ["id", "model", "input", "output", "status", "attributes"] as const;
  const maps = fc.record(
    Object.fromEntries(names.map((name) => [name, fc.array(source, { minLength: 1, maxLength: 3 })])),
  );
  const headers = fc.array(
    fc.tuple(
      fc.constantFrom("h", "H", "ce_id", "content-type"),
      fc.oneof(bytes, fc.constant(Buffer.from("application/cloudevents"))),
    ),
    { maxLength: 3 },
  );
  fc.assert(
    fc.property(
      maps,
      headers,
      fc.option(bytes),
      fc.oneof(
        bytes,
        json.map((text) => Buffer.from(text)),
      ),
      (map, list, key, value) => {
        for (const format of ["envelope", "cloudevents"] as const) {
          const mapper = createMapper(configSchema.parse({ capture: { map } }).capture.map, format);
          const rejection = mapper.map(message(value, { headers: list, key }));
          if (rejection) expect(REJECT_REASONS).toContain(rejection.reason);
          else expect(mapper.fields.id).not.toBe("");
        }
      },
    ),
    { numRuns: 500 },
  );
});

describe("many members of one object", () => {
  // Of a level 32 names are told apart by bits; id takes 23 here, the other fields their 9 and two base64 twins.
  const sources = (count: number): string[] => Array.from({ length: count }, (_, i) => `$.id${i}`);

  test("are told apart up to the limit", () => {
    const mapper = mapperOf({ id: sources(20) });
    const members = sources(20).map((path) => `"${path.slice(2)}":"x"`);
    expect(mapper.map(message(`{${members},"model":"m","input":1,"output":2}`))).toBeUndefined();
    expect(mapper.map(message(`{${members},"id3":"x","model":"m","input":1,"output":2}`))?.reason).toBe(
      "duplicate_member",
    );
  });

  test("beyond it are refused when the map is read", () => {
    expect(() => mapperOf({ id: sources(40) })).toThrow(/more than 32 members of one object/);
  });
});
