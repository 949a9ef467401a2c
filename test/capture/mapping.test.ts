import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { createMapper, type Mapper } from "../../capture/mapping.ts";
import type { Message } from "../../capture/port.ts";
import { configSchema } from "../../src/config/schema.ts";
import { LIMITS } from "../../src/limits.ts";

interface Case {
  readonly name: string;
  readonly value: string;
  readonly fields?: Record<string, unknown>;
  readonly reason?: string;
}
const cases: Case[] = JSON.parse(
  readFileSync(new URL("../../fixtures/capture/messages.json", import.meta.url), "utf8"),
);

function mapperOf(map: Record<string, string> = {}): Mapper {
  return createMapper(configSchema.parse({ capture: { map } }).capture.map);
}

function message(value: string | Uint8Array, rest: Partial<Message> = {}): Message {
  const bytes = Buffer.from(value as string);
  return { offset: 0n, timestamp: 42, key: null, value: bytes, valueBytes: bytes.length, headers: [], ...rest };
}

function textual(fields: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
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
