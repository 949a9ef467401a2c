/** Documents held to Datadog's own models: its API client knows every field and every value that the API has. */
import { createRequire } from "node:module";
import { expect } from "vitest";

interface Serializer {
  deserialize(data: unknown, type: string, format?: string): unknown;
  serialize(data: unknown, type: string, format?: string): unknown;
}

// The client is CommonJS, and the serializer is no part of its entry point; it is what its own calls go through.
const { ObjectSerializer } = createRequire(import.meta.url)(
  "@datadog/datadog-api-client/dist/packages/datadog-api-client-v1/models/ObjectSerializer.js",
) as { ObjectSerializer: Serializer };

export type DatadogModel = "Monitor" | "Dashboard" | "MonitorUpdateRequest";

/** Read by the model without a rest, and written by it again as the same document. */
export function expectModel(document: unknown, model: DatadogModel): void {
  const plain: unknown = JSON.parse(JSON.stringify(document));
  const read = ObjectSerializer.deserialize(plain, model);
  expect(faultsOf(read, model)).toEqual([]);
  expect(ObjectSerializer.serialize(read, model)).toEqual(plain);
}

/** Places that the model could not read: a field it does not know, a value that none of its enumerations has. */
export function faultsOf(read: unknown, place: string): string[] {
  if (typeof read !== "object" || read === null) return [];
  const own = Object.entries(read).flatMap(([name, value]) => {
    if (name === "_unparsed") return [`${place}: cannot be read`];
    if (name === "_data") return [`${place}: ${JSON.stringify(value)} is no value of it`];
    if (name === "additionalProperties" && Object.keys(value as object).length > 0)
      return [`${place}: unknown ${Object.keys(value as object).join(", ")}`];
    return faultsOf(value, `${place}.${name}`);
  });
  return own;
}

export function readAs(document: unknown, model: DatadogModel): unknown {
  return ObjectSerializer.deserialize(JSON.parse(JSON.stringify(document)), model);
}
