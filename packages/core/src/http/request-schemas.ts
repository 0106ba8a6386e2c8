import { type Body, ID_PATTERN, LIMITS, USER_ID_PATTERN } from "@earshot/protocol";
import * as z from "zod";

const id = z.string().regex(ID_PATTERN);
const userId = z.string().regex(USER_ID_PATTERN);
const role = z.enum(["owner", "admin", "member", "reader"]);
const body = z.custom<Body>((value) => typeof value === "object" && value !== null && !Array.isArray(value));
const seq = z.int().min(1);
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
  title: z.string().max(LIMITS.titleCharactersMax).nullable().default(null),
  id: id.exactOptional(),
  meta: body.nullable().default(null),
  open: z.boolean().default(false),
  history: z.literal("all").exactOptional(),
});

export const memberRole = z.object({ role: role.default("member") });

export const memberBatch = z.object({ members: z.array(member).min(1) });

export const message = z
  .object({
    id,
    type: sendType.default("message"),
    body: body.exactOptional(),
    re: seq.exactOptional(),
    mentions: z.union([z.literal("all"), z.array(userId).max(LIMITS.mentionsMax)]).exactOptional(),
    slot: id.exactOptional(),
    expect: z.int().min(0).exactOptional(),
  })
  .refine((draft) => draft.type === "delete" || draft.body !== undefined, { path: ["body"] });

/** Query parameters, which are text. */
const numberText = z
  .string()
  .regex(/^\d{1,16}$/)
  .transform(Number)
  .refine(Number.isSafeInteger);

const limitText = numberText.refine((limit) => limit > 0);

export const listQuery = z.object({ cursor: z.string().optional(), limit: limitText.optional() });

export const messagesQuery = z
  .object({
    after: numberText.optional(),
    before: numberText.optional(),
    around: numberText.optional(),
    re: numberText.optional(),
    limit: limitText.optional(),
  })
  .refine(({ after, before, around }) => [after, before, around].filter((bound) => bound !== undefined).length < 2);
