import type * as z from "zod";
import { readBody } from "./request-body.ts";
import { creation, patch } from "./request-schemas.ts";

/** A request that is made in process, through the same checks as a body over HTTP. Rejects with `invalid`. */
function readValue<S extends z.ZodType>(value: unknown, schema: S): Promise<z.output<S>> {
  return readBody(new Request("http://in-process/", { method: "POST", body: JSON.stringify(value ?? {}) }), schema);
}

export async function checkedCreation(value: unknown) {
  const { history, ...wanted } = await readValue(value, creation);
  return { ...wanted, wholeHistory: history === "all" };
}

export function checkedPatch(value: unknown) {
  return readValue(value, patch);
}
