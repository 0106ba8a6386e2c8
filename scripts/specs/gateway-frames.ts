import { type GatewayFrame, ID_PATTERN, USER_ID_PATTERN, WIRE_ERRORS, type WireErrorCode } from "@earshot/protocol";
import * as z from "zod";

const id = z.string().regex(ID_PATTERN).describe("An opaque id.");
const userId = z.string().regex(USER_ID_PATTERN).describe("A user's id, the host's own.");
const counter = z.int().min(0);
const seq = z.int().min(1);
const ms = z.int().min(0).describe("ms");
const time = z.number().describe("Unix ms; never an order.");
const body = z.record(z.string(), z.unknown()).describe("Any JSON object, the host's own.");
const mentions = z.union([z.literal("all"), z.array(userId)]);
const eventType = z.union([
  z.enum(["message", "edit", "delete", "react", "meta", "member"]),
  z.templateLiteral(["x-", z.string()]),
]);
const role = z.enum(["owner", "admin", "member", "reader"]);
const yes = z.literal(true);
export const errorCode = z.enum(Object.keys(WIRE_ERRORS) as [WireErrorCode, ...WireErrorCode[]]);

const rowFields = {
  seq,
  ord: counter.describe("Messages in the log up to and with this entry."),
  type: eventType,
  id: id.exactOptional().describe("The sender's message id; absent in events of the gateway."),
  from: userId,
  at: time,
  body: body.exactOptional(),
  re: seq.exactOptional().describe("The seq of the message that is meant."),
  mentions: mentions.exactOptional(),
  slot: id.exactOptional(),
  deleted: yes.exactOptional().describe("A deleted message, or an edit of one: the body is gone."),
  edited: seq.exactOptional().describe("Present state: the seq of the last edit."),
  reactions: z
    .array(z.tuple([z.string(), counter, z.boolean()]))
    .exactOptional()
    .describe("Present state: key, count, whether the reader is among them."),
  replies: counter.exactOptional().describe("Present state: how many."),
};

export const eventRow = z.strictObject(rowFields);
export const voidRow = z
  .strictObject({ type: z.literal("void"), seq, to: seq })
  .meta({ description: "Seqs that this user cannot have." });

export const inboxRow = z
  .strictObject({
    c: id,
    kind: z.enum(["direct", "group", "channel"]),
    mode: z.enum(["push", "pull"]),
    epoch: id,
    head: counter,
    ord: counter,
    delivered: counter,
    read: counter,
    unread: counter,
    mentions: counter,
    role,
    title: z.string().nullable(),
    meta: body.nullable(),
    mute: z.union([z.boolean(), z.number()]),
    last: eventRow.nullable(),
    marked: yes.exactOptional(),
    open: yes.exactOptional(),
    slow: ms.exactOptional(),
    pinned: z.array(seq).exactOptional(),
    retention: z.strictObject({ age: ms.exactOptional(), messages: seq.exactOptional() }).exactOptional(),
  })
  .meta({ description: "One conversation, as its user has it." });
export const goneRow = z.strictObject({ c: id, gone: yes });
const pageRows = z.array(z.union([voidRow, eventRow]));
export const presenceRow = z.strictObject({
  user: userId,
  status: z.enum(["online", "away", "offline"]),
  seen: time.exactOptional(),
});

const eventFields = { t: z.literal("event"), c: id, epoch: id, ...rowFields };

export const sentFields = {
  id,
  c: id,
  epoch: id,
  seq,
  ord: counter,
  at: time,
  dup: yes.exactOptional().describe("It was stored before, under the same id."),
  body: body.exactOptional().describe("What was stored, where that differs from what was sent."),
};

export const inboxFields = {
  conversations: z.array(z.union([goneRow, inboxRow])),
  cursor: z.string(),
  more: z.boolean(),
  reset: yes.exactOptional(),
};

export const pageFields = {
  c: id,
  epoch: id,
  head: counter,
  from: counter,
  to: counter,
  events: pageRows,
  more: z.boolean(),
};

/** Frames of a gateway, each under the name that it has in the specification; `t` says which it is, and what it holds which of those with one `t`. */
export const gatewayFrames = {
  welcome: z.strictObject({
    t: z.literal("welcome"),
    v: z.int(),
    session: id,
    user: userId,
    node: id,
    resumed: z.boolean(),
    resume: z.string(),
    durability: z.enum(["memory", "process", "fsync", "replicated"]),
    expires: time.exactOptional(),
    heartbeat: ms,
    spread: ms,
    window: seq,
    limits: z.strictObject({
      frame: seq,
      body: seq,
      inflight: seq,
      have: seq,
      page: seq,
      subscriptions: seq,
    }),
    now: time,
    secret: z.string().exactOptional().describe("Polls and streams only."),
  }),
  authed: z.strictObject({ t: z.literal("authed"), expires: time.exactOptional() }),
  event: z.strictObject(eventFields),
  again: z.strictObject({ t: z.literal("again"), n: seq, frame: z.strictObject(eventFields) }),
  pong: z.strictObject({
    t: z.literal("pong"),
    n: counter,
    now: time,
    resume: z.string(),
    spread: ms.exactOptional(),
  }),
  lagging: z.strictObject({ t: z.literal("lagging"), c: z.array(id) }),
  sent: z.strictObject({ t: z.literal("sent"), ...sentFields }),
  error: z.strictObject({
    t: z.literal("error"),
    id: z.string().exactOptional(),
    re: z.string().exactOptional(),
    c: id.exactOptional(),
    code: errorCode,
    message: z.string(),
    reason: z.string().exactOptional().describe("A hook's own word."),
    last: counter.exactOptional().describe("The last event of a slot that has moved on."),
    retry: ms.exactOptional().describe("ms; present exactly when the same request may succeed later."),
  }),
  inbox: z.strictObject({ t: z.literal("inbox"), id, ...inboxFields }),
  events: z.strictObject({ t: z.literal("events"), id: id.exactOptional(), ...pageFields }),
  eventsReset: z.strictObject({
    t: z.literal("events"),
    id: id.exactOptional(),
    c: id,
    epoch: id,
    head: counter,
    events: z.tuple([]),
    reset: yes,
  }),
  eventsGone: z.strictObject({ t: z.literal("events"), c: id, gone: yes }),
  subscribed: z.strictObject({
    t: z.literal("subscribed"),
    id: id.exactOptional(),
    c: id,
    mode: z.enum(["push", "pull"]),
    epoch: id,
    head: counter,
    ord: counter,
    members: counter,
    online: counter,
    watermarks: z.array(z.tuple([userId, counter, counter])).describe("User, delivered, read."),
  }),
  unsubscribed: z.strictObject({ t: z.literal("unsubscribed"), id }),
  heads: z.strictObject({
    t: z.literal("heads"),
    heads: z.array(z.tuple([id, id, counter, counter])).describe("Conversation, epoch, head, ord."),
  }),
  receipt: z.strictObject({ t: z.literal("receipt"), c: id, user: userId, delivered: counter, read: counter }),
  tally: z.strictObject({
    t: z.literal("tally"),
    c: id,
    tally: z.array(z.tuple([counter, counter, counter])).describe("Seq, delivered count, read count."),
    online: counter,
  }),
  presence: z.strictObject({ t: z.literal("presence"), id: id.exactOptional(), users: z.array(presenceRow) }),
  typing: z.strictObject({
    t: z.literal("typing"),
    c: id,
    user: userId.exactOptional(),
    count: counter.exactOptional(),
  }),
  drain: z.strictObject({ t: z.literal("drain"), within: ms, delay: ms }),
  close: z.strictObject({ t: z.literal("close"), code: z.int().min(1000).max(4999) }),
  from: z.strictObject({ t: z.literal("from"), n: counter }),
} as const;

export type SpecifiedFrame = z.output<(typeof gatewayFrames)[keyof typeof gatewayFrames]>;

/** Whether a frame is one that the specification knows, with no field more. */
export function isSpecified(frame: GatewayFrame): boolean {
  return Object.values(gatewayFrames).some((schema) => schema.safeParse(frame).success);
}
