import {
  type ClientFrame,
  type ConversationId,
  decodeFrame,
  type ErrorFrame,
  type HelloFrame,
  isId,
  jsonFault,
  LIMITS,
  measureJsonText,
  PROTOCOL_VERSION,
  textMayHideFaults,
  type UnvalidatedFrame,
  utf8Bytes,
  type WireErrorCode,
} from "@earshot/protocol";
import { frameSchemas } from "./frame-schemas.ts";
import { countFrame, helloFrame, messageFrame } from "./hot-frames.ts";

/** What became of a frame's text: a frame that can be trusted, a refusal to answer with, or the end. */
export type Decoded =
  | { readonly kind: "frame"; readonly frame: ClientFrame }
  | { readonly kind: "refused"; readonly error: ErrorFrame }
  /** No JSON object, too deep or too many keys: 4500. */
  | { readonly kind: "malformed" };

/** What became of a first frame. */
export type DecodedHello =
  | { readonly kind: "hello"; readonly hello: HelloFrame }
  | { readonly kind: "too large" }
  | { readonly kind: "version" }
  | { readonly kind: "malformed" };

const MALFORMED = { kind: "malformed" } as const;

/** Only the gateway sets these; a client that does is wrong about who decides (S16). */
const GATEWAY_FIELDS = ["from", "at", "epoch"] as const;
const GATEWAY_FIELDS_OF_SEND = [...GATEWAY_FIELDS, "seq", "ord"] as const;

const schemas = new Map(Object.entries(frameSchemas));

function parse(text: string): UnvalidatedFrame | null {
  return measureJsonText(text, LIMITS.depthMax, LIMITS.keysMax) === null ? decodeFrame(text) : null;
}

function wellFormed(text: string, frame: UnvalidatedFrame): boolean {
  return !textMayHideFaults(text) || jsonFault(frame, LIMITS.depthMax, LIMITS.keysMax) === null;
}

/** One frame of an open session: text → frame. Never throws, and no refusal repeats content. */
export function decode(text: string): Decoded {
  const count = countFrame(text);
  if (count !== null) return { kind: "frame", frame: count };
  const raw = parse(text);
  if (raw === null) return MALFORMED;
  if (!wellFormed(text, raw))
    return refuse(
      raw,
      "invalid",
      "unable to take frame; it holds U+0000, a lone surrogate, a key __proto__ or an infinite number",
    );
  return checkFrame(raw, text.length);
}

/** The same of what is JSON without a fault, and takes so many `characters` as text. */
export function checkFrame(raw: UnvalidatedFrame, characters: number): Decoded {
  const frame = messageFrame(raw) ?? bySchema(raw);
  if ("kind" in frame) return frame;
  if (frame.t === "send" && bodyTooLarge(characters, frame.body)) {
    return refuse(raw, "too_large", `unable to send message; its body is over ${LIMITS.bodyBytesMax} bytes`);
  }
  if (frame.t === "have" && frame.have.length > LIMITS.haveMax) {
    return refuse(raw, "too_large", `unable to take frame; it names over ${LIMITS.haveMax} cursors`);
  }
  return { kind: "frame", frame };
}

/** The frame that its schema makes of it, or why it makes none. */
function bySchema(raw: UnvalidatedFrame): ClientFrame | Extract<Decoded, { readonly kind: "refused" }> {
  const schema = typeof raw.t === "string" ? schemas.get(raw.t) : undefined;
  if (schema === undefined) return refuse(raw, "invalid", "unable to take frame; its type is unknown");
  const forged = (raw.t === "send" ? GATEWAY_FIELDS_OF_SEND : GATEWAY_FIELDS).find((field) =>
    Object.hasOwn(raw, field),
  );
  if (forged !== undefined) return refuse(raw, "invalid", `unable to take frame; only the gateway sets ${forged}`);
  const parsed = schema.safeParse(raw);
  if (parsed.success) return parsed.data as ClientFrame;
  return refuse(raw, "invalid", `unable to take frame; ${fieldAtFault(parsed.error.issues)} is wrong`);
}

/** The first frame of a connection. A version that is not spoken is told apart before anything else of it is read. */
export function decodeHello(text: string): DecodedHello {
  // Three bytes are the most that a character of UTF-16 takes.
  if (text.length * 3 > LIMITS.helloBytesMax && utf8Bytes(text) > LIMITS.helloBytesMax) return { kind: "too large" };
  const raw = parse(text);
  if (raw === null || raw.t !== "hello" || !wellFormed(text, raw)) return MALFORMED;
  if (typeof raw["v"] === "number" && raw["v"] !== PROTOCOL_VERSION) return { kind: "version" };
  const plain = helloFrame(raw);
  if (plain !== null) return { kind: "hello", hello: plain };
  if (GATEWAY_FIELDS.some((field) => Object.hasOwn(raw, field))) return MALFORMED;
  const parsed = frameSchemas.hello.safeParse(raw);
  return parsed.success ? { kind: "hello", hello: parsed.data as HelloFrame } : MALFORMED;
}

/** Names the field, never its value; the names are the schema's own. */
function fieldAtFault(issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[]): string {
  const field = issues[0]?.path[0];
  return typeof field === "string" ? field : "a field";
}

/** A body's JSON text is part of the frame's, so a short frame cannot hold a long body. */
function bodyTooLarge(characters: number, body: object | undefined): boolean {
  if (body === undefined || characters * 3 <= LIMITS.bodyBytesMax) return false;
  return utf8Bytes(JSON.stringify(body)) > LIMITS.bodyBytesMax;
}

function refuse(
  raw: UnvalidatedFrame,
  code: WireErrorCode,
  message: string,
): Extract<Decoded, { readonly kind: "refused" }> {
  const id = raw["id"];
  const c = raw["c"];
  const error: ErrorFrame = {
    t: "error",
    ...(isId(id) ? { id } : isId(raw.t) ? { re: raw.t } : {}),
    ...(isId(c) ? { c: c as ConversationId } : {}),
    code,
    message,
  };
  return { kind: "refused", error };
}
