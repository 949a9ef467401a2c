/** Which keys the schema knows at a path: read from the schema itself, so that the two cannot drift apart. */
import { z } from "zod";
import { configSchema } from "./schema.ts";

/** Empty when the schema has no map with fixed keys there. `root` decides between the types of a rule. */
export function keysAt(path: readonly (string | number)[], root: unknown): string[] {
  let schema: z.core.$ZodType | undefined = configSchema;
  let value = root;
  for (const part of path) {
    schema = member(narrow(schema, value), part);
    value = value !== null && typeof value === "object" ? (value as Record<string | number, unknown>)[part] : undefined;
  }
  const found = narrow(schema, value);
  return found instanceof z.ZodObject ? Object.keys(found.shape) : [];
}

function member(schema: z.core.$ZodType | undefined, part: string | number): z.core.$ZodType | undefined {
  if (schema instanceof z.ZodObject) return schema.shape[part];
  if (schema instanceof z.ZodRecord) return schema.valueType;
  if (schema instanceof z.ZodArray) return schema.element;
  return undefined;
}

/** Without defaults and optionality; of a union of rules, the one whose type the value has. */
function narrow(schema: z.core.$ZodType | undefined, value: unknown): z.core.$ZodType | undefined {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) {
    return narrow(schema.unwrap(), value);
  }
  if (schema instanceof z.ZodUnion && !(schema instanceof z.ZodDiscriminatedUnion)) {
    return schema.options.find((option) => option instanceof z.ZodObject);
  }
  if (schema instanceof z.ZodDiscriminatedUnion) {
    return schema.options.find((option) => {
      const type = option instanceof z.ZodObject ? option.shape.type : undefined;
      return type instanceof z.ZodLiteral && type.value === (value as { type?: unknown } | undefined)?.type;
    });
  }
  return schema;
}
