import { type Body, ChatError, LIMITS, type SendFrame } from "@earshot/protocol";
import type { Permissions } from "../options.ts";
import type { Append, ReactionChange } from "../ports/append.ts";

/** What a client asks to be appended: a `send` frame, or the body of `POST …/messages`. */
export type Draft = Omit<SendFrame, "t">;

/** What of an entry a draft decides. */
export type DraftEntry = Pick<
  Append,
  "type" | "body" | "re" | "mentions" | "slot" | "expect" | "target" | "reaction" | "by"
>;

/** What is to be stored of a draft, and what must hold of its target and its author then. Throws `invalid`. Pure. */
export function entryOf(draft: Draft, may: Permissions): DraftEntry {
  const { type, re, slot, expect } = draft;
  if (expect !== undefined && slot === undefined) throw invalid("expect is of a slot, and there is none");
  if (isPlain(draft)) return { type, body: draft.body, by: may.send };
  const entry = {
    type,
    ...(re === undefined ? {} : { re }),
    ...(slot === undefined ? {} : { slot }),
    ...(expect === undefined ? {} : { expect }),
  };
  const body = draft.body === undefined ? {} : { body: draft.body };
  switch (type) {
    case "edit":
      requireTarget(draft);
      return { ...entry, ...body, target: { authorOr: [], live: true }, by: may.edit };
    case "delete":
      requireTarget(draft);
      return { ...entry, target: { authorOr: may.deleteAny }, by: [...may.delete, ...may.deleteAny] };
    case "react":
      requireTarget(draft);
      return { ...entry, ...body, target: { live: true }, reaction: reactionOf(draft), by: may.react };
    default:
      return { ...entry, ...body, ...(draft.mentions === undefined ? {} : { mentions: draft.mentions }), by: may.send };
  }
}

/** Nearly every one: a message, or an event of the host's own, with nothing but a body. */
function isPlain(draft: Draft): draft is Draft & { readonly body: Body } {
  const { type, re, slot, mentions, body } = draft;
  const isNew = type !== "edit" && type !== "delete" && type !== "react";
  return isNew && body !== undefined && re === undefined && slot === undefined && mentions === undefined;
}

function requireTarget({ type, re }: Draft): void {
  if (re === undefined) throw invalid(`re is missing, which names the message to ${type}`);
}

function reactionOf({ body }: Draft): ReactionChange {
  const { key, on } = body ?? {};
  if (typeof key !== "string" || key === "" || key.length > LIMITS.reactionKeyCharactersMax) {
    throw invalid(`the key of a reaction has 1 to ${LIMITS.reactionKeyCharactersMax} characters`);
  }
  if (typeof on !== "boolean") throw invalid("on of a reaction is true or false");
  return { key, on };
}

function invalid(why: string): ChatError {
  return new ChatError("invalid", `unable to send event; ${why}`);
}
