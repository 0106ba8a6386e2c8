import * as z from "zod";

export type JsonSchema = Readonly<Record<string, unknown>>;

/**
 * JSON Schema (2020-12) of zod schemas, as a reader of the specification needs it: unknown fields are ignored on
 * both sides, so none is forbidden. `io`: what is written down of a schema that changes its input. Parts with an
 * id of their own stand once, under `components`.
 */
export function jsonSchemas(
  schemas: Readonly<Record<string, z.ZodType>>,
  io: "input" | "output",
): Readonly<Record<string, JsonSchema>> {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(schemas)) registry.add(schema, { id });
  const { schemas: made } = z.toJSONSchema(registry, {
    io,
    unrepresentable: "any",
    uri: (id) => `#/components/schemas/${id}`,
    override: ({ zodSchema, jsonSchema }) => {
      // The one custom schema of the sources: a body, which is kept as it was parsed.
      if (zodSchema._zod.def.type === "custom") jsonSchema.type = "object";
    },
  });
  return Object.fromEntries(Object.entries(made).map(([id, schema]) => [id, open(schema) as JsonSchema]));
}

function open(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(open);
  if (typeof schema !== "object" || schema === null) return schema;
  const { $schema: _dialect, $id: _id, additionalProperties, ...kept } = schema as Record<string, unknown>;
  const rest = Object.fromEntries(Object.entries(kept).map(([key, value]) => [key, open(value)]));
  return additionalProperties === false || additionalProperties === undefined
    ? rest
    : { ...rest, additionalProperties: open(additionalProperties) };
}
