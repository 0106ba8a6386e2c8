import { type EventRow, ID_PATTERN, USER_ID_PATTERN } from "@earshot/protocol";
import * as z from "zod";
import type { Envelope, Said } from "../ports/bus.ts";

const id = z.string().regex(ID_PATTERN);
const userId = z.string().regex(USER_ID_PATTERN);
const counter = z.int().min(0);
const seq = z.int().min(1);
const mode = z.enum(["push", "pull"]);

/** Kept as they were parsed: their bodies are the host's. That they are neighbours is what the order gate relies on. */
const rows = z.custom<readonly EventRow[]>((given) => {
  if (!Array.isArray(given) || given.length === 0) return false;
  const first: unknown = given[0]?.seq;
  return (
    Number.isSafeInteger(first) &&
    (first as number) > 0 &&
    given.every((row, index) => row?.seq === (first as number) + index && typeof row.type === "string")
  );
});
const head = z.union([
  z.object({ c: id, gone: z.literal(true) }),
  z.object({ c: id, epoch: id, head: counter, ord: counter, mode, membersVersion: counter }),
]);

/** One schema for each kind. Unknown fields are dropped. */
const words = {
  events: z.object({ kind: z.literal("events"), c: id, epoch: id, mode, membersVersion: counter, rows }),
  heads: z.object({
    kind: z.literal("heads"),
    digest: z.object({ after: z.string().nullable(), mark: z.string() }).nullable(),
    heads: z.array(head),
  }),
  gone: z.object({ kind: z.literal("gone"), c: id, members: z.array(userId) }),
  receipt: z.object({
    kind: z.literal("receipt"),
    c: id,
    epoch: id,
    watermarks: z.array(z.tuple([userId, counter, counter])),
    members: counter,
  }),
  raised: z.object({ kind: z.literal("raised"), c: id }),
  tally: z.object({
    kind: z.literal("tally"),
    c: id,
    tally: z.array(z.tuple([seq, counter, counter])),
    online: counter,
  }),
  typing: z.object({ kind: z.literal("typing"), c: id, user: userId, members: counter }),
  session: z.object({
    kind: z.literal("session"),
    user: userId,
    device: id,
    session: id,
    attempt: counter.nullable(),
    over: z.object({ of: id, word: z.enum(["asks", "stays"]) }).nullable(),
  }),
  kick: z.object({ kind: z.literal("kick"), user: userId, sessions: z.array(id).nullable() }),
  revoked: z.object({ kind: z.literal("revoked"), user: userId }),
  blocked: z.object({ kind: z.literal("blocked"), user: userId, other: userId }),
} satisfies { readonly [K in Said["kind"]]: z.ZodType<Extract<Said, { readonly kind: K }>> };
const postmark = z.object({
  v: z.literal(1),
  node: z.string(),
  n: counter,
  kind: z.custom<Said["kind"]>((kind) => typeof kind === "string" && Object.hasOwn(words, kind)),
});

/** What came over the bus, if it is an envelope that this node knows: peers of other versions may say what they like. */
export function readEnvelope(given: unknown): Envelope | null {
  const mark = postmark.safeParse(given);
  if (!mark.success) return null;
  const said = words[mark.data.kind].safeParse(given);
  return said.success ? { ...mark.data, ...(said.data as Said) } : null;
}
