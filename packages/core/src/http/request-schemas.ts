import { type Body, ID_PATTERN, LIMITS, USER_ID_PATTERN } from "@earshot/protocol";
import * as z from "zod";

const id = z.string().regex(ID_PATTERN);
const userId = z.string().regex(USER_ID_PATTERN);
const role = z.enum(["owner", "admin", "member", "reader"]);
const body = z.custom<Body>((value) => typeof value === "object" && value !== null && !Array.isArray(value));
const counter = z.int().min(0);
const positive = z.int().min(1);
const seq = positive;
const title = z.string().max(LIMITS.titleCharactersMax).nullable();
const sendType = z.union([
  z.enum(["message", "edit", "delete", "react"]),
  z.templateLiteral(["x-", z.string()]).refine((type) => ID_PATTERN.test(type)),
]);
/** `user` alone is a plain member. */
const member = z.union([z.tuple([userId, role]), userId.transform((user): [string, "member"] => [user, "member"])]);

/** Bodies of the calls that have one. Unknown fields are dropped. */
export const creation = z.object({
  kind: z.enum(["direct", "group", "channel"]),
  members: z.array(member).default([]),
  title: title.default(null),
  id: id.exactOptional(),
  meta: body.nullable().default(null),
  open: z.boolean().default(false),
  history: z.literal("all").exactOptional(),
});

export const patch = z.object({
  title: title.exactOptional(),
  meta: body.nullable().exactOptional(),
  open: z.boolean().exactOptional(),
  /** ms; the engine's limits say how many at most. */
  slow: counter.exactOptional(),
  /** The engine's limits say how young an `age` (ms) may be. */
  retention: z
    .object({ age: positive.exactOptional(), messages: positive.exactOptional() })
    .refine(({ age, messages }) => age !== undefined || messages !== undefined)
    .nullable()
    .exactOptional(),
});

export const memberRole = z.object({ role: role.exactOptional() });

export const memberBatch = z.object({ members: z.array(member).min(1) });

export const message = z
  .object({
    id,
    type: sendType.default("message"),
    body: body.exactOptional(),
    re: seq.exactOptional(),
    mentions: z.union([z.literal("all"), z.array(userId).max(LIMITS.mentionsMax)]).exactOptional(),
    slot: id.exactOptional(),
    expect: counter.exactOptional(),
  })
  .refine((draft) => draft.type === "delete" || draft.body !== undefined, { path: ["body"] });

export const readMark = z.object({ seq: counter });

export const memberState = z.object({
  /** Unix ms, or for ever, or not. */
  mute: z.union([z.boolean(), counter]).exactOptional(),
  unread: z.boolean().exactOptional(),
});

/** Query parameters, which are text. */
const numberText = z
  .string()
  .regex(/^\d{1,16}$/)
  .transform(Number)
  .refine(Number.isSafeInteger);

const positiveText = numberText.refine((number) => number > 0);

export const listQuery = z.object({ cursor: z.string().exactOptional(), limit: positiveText.exactOptional() });

export const receiptsQuery = z.object({
  seq: numberText.exactOptional(),
  cursor: z.string().exactOptional(),
  limit: positiveText.exactOptional(),
});

export const presenceQuery = z.object({ c: id, user: z.array(userId).min(1) });

export const messagesQuery = z
  .object({
    after: numberText.exactOptional(),
    before: positiveText.exactOptional(),
    around: numberText.exactOptional(),
    re: positiveText.exactOptional(),
    limit: positiveText.exactOptional(),
  })
  .refine(({ after, before, around }) => [after, before, around].filter((bound) => bound !== undefined).length < 2);
