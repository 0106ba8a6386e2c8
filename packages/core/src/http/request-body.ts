import { ChatError, jsonFault, LIMITS, measureJsonText, parseJson, textMayHideFaults } from "@earshot/protocol";
import type * as z from "zod";

/** Only the gateway sets these of an event (S16). */
const GATEWAY_FIELDS = ["from", "at", "epoch", "seq", "ord"] as const;

type GatewayField = (typeof GATEWAY_FIELDS)[number];

/** A request's body as JSON text, read up to the cap. Rejects with `too_large`. */
export async function readText(request: Request): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  // Node's streams are async iterable; the DOM's types do not say so.
  for await (const chunk of (request.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength;
    if (bytes > LIMITS.httpBodyBytesMax) {
      throw new ChatError("too_large", `unable to read request; its body is over ${LIMITS.httpBodyBytesMax} bytes`);
    }
    chunks.push(chunk);
  }
  return new TextDecoder().decode(Buffer.concat(chunks));
}

/**
 * A request's JSON body, in a shape that can be trusted. Depth, keys, U+0000, lone surrogates,
 * `__proto__` and infinite numbers are refused as they are in frames, but with `invalid`. No body is `{}`.
 * `own`: what this call names, although in an event only the gateway sets it.
 */
export async function readBody<S extends z.ZodType>(
  request: Request,
  schema: S,
  own?: GatewayField,
): Promise<z.output<S>> {
  const text = await readText(request);
  if (measureJsonText(text, LIMITS.depthMax, LIMITS.keysMax) !== null)
    throw invalid("it is nested too deep or has too many keys");
  let value: unknown;
  try {
    value = text === "" ? {} : parseJson(text);
  } catch {
    throw invalid("it is no JSON");
  }
  if (textMayHideFaults(text) && jsonFault(value, LIMITS.depthMax, LIMITS.keysMax) !== null) {
    throw invalid("it holds U+0000, a lone surrogate, a key __proto__ or an infinite number");
  }
  const forged =
    typeof value === "object" &&
    value !== null &&
    GATEWAY_FIELDS.find((field) => field !== own && Object.hasOwn(value, field));
  if (forged) throw invalid(`only the server sets ${forged}`);
  return readShape(value, schema, "body");
}

/** Query parameters, each once (the last counts), in a shape that can be trusted. */
export function readQuery<S extends z.ZodType>(url: URL, schema: S): z.output<S> {
  return readParameters(Object.fromEntries(url.searchParams), schema);
}

/** The same of parameters that were taken from the query already. */
export function readParameters<S extends z.ZodType>(given: unknown, schema: S): z.output<S> {
  return readShape(given, schema, "query");
}

function readShape<S extends z.ZodType>(value: unknown, schema: S, where: string): z.output<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const field = parsed.error.issues[0]?.path[0];
  throw invalid(`${typeof field === "string" ? `${field} of ` : ""}its ${where} is wrong`);
}

function invalid(why: string): ChatError {
  return new ChatError("invalid", `unable to take request; ${why}`);
}
