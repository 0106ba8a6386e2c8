import {
  type Body,
  isUserId,
  jsonFault,
  LIMITS,
  type Mentions,
  measureJsonText,
  parseJson,
  utf8Bytes,
} from "@earshot/protocol";
import type { BeforeStep, BeforeSteps } from "../ports/hooks.ts";

type Fields = Readonly<Record<string, unknown>>;

/** What a hook may change, and what of it is checked again: a hook is no client, but what it makes reaches all of them. */
const CHANGES: Readonly<Record<BeforeStep, Readonly<Record<string, (value: unknown) => unknown>>>> = {
  send: { body: bodyOf, mentions: mentionsOf },
  edit: { body: bodyOf },
  delete: {},
  create: { title: titleOf, meta: (meta) => (meta === null ? null : bodyOf(meta)) },
  join: {},
};

/**
 * The draft with what a hook changed of it; other fields of its answer change nothing. Throws where the answer
 * is none, or a change is not what a client might have sent. Pure.
 */
export function applyChange<Draft extends BeforeSteps[BeforeStep]["draft"]>(
  step: BeforeStep,
  draft: Draft,
  answer: unknown,
): Draft {
  if (answer === undefined) return draft;
  if (typeof answer !== "object" || answer === null) throw new Error("a hook gives an object or nothing");
  const changed: Record<string, unknown> = {};
  for (const [field, check] of Object.entries(CHANGES[step])) {
    const value = (answer as Fields)[field];
    if (value !== undefined) changed[field] = check(value);
  }
  if (Object.keys(changed).length === 0) return draft;
  return { ...draft, ...changed };
}

/** As it is once it has crossed the wire, within the frame's bounds. */
function bodyOf(given: unknown): Body {
  const text = JSON.stringify(given);
  if (typeof text !== "string" || utf8Bytes(text) > LIMITS.bodyBytesMax) throw new Error("its body is too large");
  const measured = measureJsonText(text, LIMITS.depthMax - 1, LIMITS.keysMax - FRAME_KEYS);
  if (measured !== null) throw new Error("its body is too deep, or has too many keys");
  const body = parseJson(text);
  if (typeof body !== "object" || body === null || Array.isArray(body)) throw new Error("its body is no object");
  if (jsonFault(body, LIMITS.depthMax, LIMITS.keysMax, 2) !== null) throw new Error("its body holds what no JSON may");
  return body as Body;
}

/** Keys that a `send` has at least, beside its body's. */
const FRAME_KEYS = 5;

function mentionsOf(given: unknown): Mentions {
  if (given === "all") return "all";
  if (!Array.isArray(given) || given.length > LIMITS.mentionsMax || !given.every(isUserId)) {
    throw new Error("its mentions are wrong");
  }
  return [...given];
}

function titleOf(given: unknown): string | null {
  if (given === null) return null;
  if (typeof given !== "string" || given.length > LIMITS.titleCharactersMax) throw new Error("its title is wrong");
  if (jsonFault(given, LIMITS.depthMax, LIMITS.keysMax) !== null) throw new Error("its title holds what no JSON may");
  return given;
}
