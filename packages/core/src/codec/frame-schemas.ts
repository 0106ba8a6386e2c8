import { type Body, type ClientFrame, ID_PATTERN, LIMITS, USER_ID_PATTERN } from "@earshot/protocol";
import * as z from "zod";

export const AGENT_CHARACTERS_MAX = 256;
export const RESUME_CHARACTERS_MAX = 4_096;

const id = z.string().regex(ID_PATTERN);
const userId = z.string().regex(USER_ID_PATTERN);
/** 0 to 2^53 − 1. */
const counter = z.int().min(0);
/** Seqs that name an event: from 1. */
const seq = z.int().min(1);
const token = z.string().max(LIMITS.tokenCharactersMax);
/** Kept as it was parsed: its keys are the host's, and copying it would cost the hot path. */
const body = z.custom<Body>((value) => typeof value === "object" && value !== null && !Array.isArray(value));
const sendType = z.union([
  z.enum(["message", "edit", "delete", "react"]),
  z.templateLiteral(["x-", z.string()]).refine((type) => ID_PATTERN.test(type)),
]);
const mentions = z.union([z.literal("all"), z.array(userId).max(LIMITS.mentionsMax)]);
const cursor = z.tuple([id, id, counter, z.boolean().exactOptional()]);

/** One schema for each frame of a client, by its `t`. Unknown fields are dropped. */
export const frameSchemas = {
  hello: z.object({
    t: z.literal("hello"),
    v: z.int(),
    token: token.nullable().exactOptional(),
    device: id,
    k: counter.exactOptional(),
    agent: z.string().max(AGENT_CHARACTERS_MAX).exactOptional(),
    resume: z.string().max(RESUME_CHARACTERS_MAX).exactOptional(),
    have: z.array(cursor).max(LIMITS.haveMax).exactOptional(),
  }),
  have: z.object({ t: z.literal("have"), have: z.array(cursor) }),
  auth: z.object({ t: z.literal("auth"), token }),
  ack: z.object({
    t: z.literal("ack"),
    n: counter,
    d: z
      .array(z.tuple([id, counter]))
      .max(LIMITS.haveMax)
      .exactOptional(),
  }),
  ping: z.object({ t: z.literal("ping"), n: counter }),
  send: z
    .object({
      t: z.literal("send"),
      id,
      c: id,
      type: sendType,
      body: body.exactOptional(),
      re: seq.exactOptional(),
      mentions: mentions.exactOptional(),
      slot: id.exactOptional(),
      expect: counter.exactOptional(),
    })
    .refine((frame) => frame.type === "delete" || frame.body !== undefined, "body is missing"),
  skip: z.object({ t: z.literal("skip"), id }),
  inbox: z.object({
    t: z.literal("inbox"),
    id,
    cursor: z.string().nullable().exactOptional(),
    limit: seq.exactOptional(),
  }),
  fetch: z
    .object({
      t: z.literal("fetch"),
      id,
      c: id,
      after: counter.exactOptional(),
      before: counter.exactOptional(),
      around: counter.exactOptional(),
      re: seq.exactOptional(),
      limit: seq.exactOptional(),
    })
    .refine(
      ({ after, before, around }) => [after, before, around].filter((bound) => bound !== undefined).length < 2,
      "one of after, before, around",
    ),
  subscribe: z.object({
    t: z.literal("subscribe"),
    id,
    c: id,
    users: z.array(userId).min(1).max(LIMITS.subscriptionsMax).exactOptional(),
  }),
  unsubscribe: z
    .object({
      t: z.literal("unsubscribe"),
      id,
      c: id.exactOptional(),
      users: z.array(userId).max(LIMITS.subscriptionsMax).exactOptional(),
    })
    .refine(({ c, users }) => c !== undefined || users !== undefined, "c or users"),
  read: z.object({ t: z.literal("read"), c: id, seq: counter }),
  unread: z.object({ t: z.literal("unread"), c: id, on: z.boolean() }),
  typing: z.object({ t: z.literal("typing"), c: id }),
  active: z.object({ t: z.literal("active"), state: z.enum(["active", "idle", "invisible"]) }),
  bye: z.object({ t: z.literal("bye") }),
} as const satisfies { readonly [T in ClientFrame["t"]]: z.ZodType };

/** What the schemas let through; proven to be protocol's `ClientFrame` by a type test. */
export type SchemaFrame = {
  [T in keyof typeof frameSchemas]: z.output<(typeof frameSchemas)[T]>;
}[keyof typeof frameSchemas];
