/** Messages of the default envelope, and the fields that they are mapped to. */
import { createMapper, type Fields } from "../../../capture/mapping/mapping.ts";
import type { Message } from "../../../capture/port.ts";
import { configSchema } from "../../../src/config/schema.ts";

export function messageOf(offset: bigint, members: Readonly<Record<string, unknown>>): Message {
  const value = Buffer.from(JSON.stringify({ id: "i", model: "m", output: { score: 0.5 }, ...members }));
  return { offset, timestamp: 1_700_000_000_000, key: null, value, headers: [], valueBytes: value.length };
}

/** Valid until the next call. */
export function mapped(message: Message): Fields {
  const rejection = mapper.map(message);
  if (rejection) throw new Error(rejection.detail);
  return mapper.fields;
}

const mapper = createMapper(configSchema.parse({}).capture.map);
