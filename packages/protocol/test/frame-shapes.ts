import type { HaveEntry } from "../src/cursor.ts";
import { isWireErrorCode } from "../src/error-code.ts";
import type { ConversationKind, Durability, EventRow, EventType, Mode, PageRow, Role, VoidRow } from "../src/event.ts";
import type {
  ClientFrame,
  EventFrame,
  GatewayFrame,
  GoneRow,
  InboxRow,
  PresenceRow,
  WelcomeLimits,
} from "../src/frame.ts";
import { isId, isUserId } from "../src/ids.ts";
import {
  absent,
  counter,
  either,
  exactly,
  flag,
  type Guard,
  json,
  list,
  oneOf,
  optional,
  type Shape,
  text,
  tuple,
  yes,
} from "./guards.ts";

const id: Guard<string> = isId;
const user: Guard<string> = isUserId;
const role: Guard<Role> = oneOf("owner", "admin", "member", "reader");
const kind: Guard<ConversationKind> = oneOf("direct", "group", "channel");
const mode: Guard<Mode> = oneOf("push", "pull");
const durability: Guard<Durability> = oneOf("memory", "process", "fsync", "replicated");
const hostType: Guard<`x-${string}`> = (value): value is `x-${string}` =>
  typeof value === "string" && value.startsWith("x-");
const sendType = either(oneOf("message", "edit", "delete", "react"), hostType);
const eventType: Guard<EventType> = either(sendType, oneOf("meta", "member"));
const mentions = either(list(user), oneOf("all"));
const have: Guard<HaveEntry> = either(
  tuple<[string, string, number]>(id, id, counter),
  tuple<[string, string, number, boolean]>(id, id, counter, flag),
);

const eventRow: Shape<EventRow> = {
  seq: counter,
  ord: counter,
  type: eventType,
  id: optional(id),
  from: user,
  at: counter,
  body: optional(json),
  re: optional(counter),
  mentions: optional(mentions),
  slot: optional(id),
  deleted: optional(yes),
  edited: optional(counter),
  reactions: optional(list(tuple<[string, number, boolean]>(text, counter, flag))),
  replies: optional(counter),
};
const voidRow: Shape<VoidRow> = { type: oneOf("void"), seq: counter, to: counter };
const pageRow: Guard<PageRow> = either(exactly(eventRow), exactly(voidRow));
const retention: Shape<NonNullable<InboxRow["retention"]>> = { age: optional(counter), messages: optional(counter) };
const inboxRow: Shape<InboxRow> = {
  c: id,
  kind,
  mode,
  epoch: id,
  head: counter,
  ord: counter,
  delivered: counter,
  read: counter,
  unread: counter,
  mentions: counter,
  role,
  title: either(text, absent),
  meta: either(json, absent),
  mute: either(flag, counter),
  last: either(exactly(eventRow), absent),
  marked: optional(yes),
  open: optional(yes),
  slow: optional(counter),
  pinned: optional(list(counter)),
  retention: optional(exactly(retention)),
};
const goneRow: Shape<GoneRow> = { c: id, gone: yes };
const presenceRow: Shape<PresenceRow> = {
  user,
  status: oneOf("online", "away", "offline"),
  seen: optional(counter),
};
const welcomeLimits: Shape<WelcomeLimits> = {
  frame: counter,
  body: counter,
  inflight: counter,
  have: counter,
  page: counter,
  subscriptions: counter,
};
const eventFrame: Shape<EventFrame> = { t: oneOf("event"), c: id, epoch: id, ...eventRow };

/** For each `t` of a union of frames the shapes that it comes in. */
type Shapes<F extends { readonly t: string }> = {
  readonly [T in F["t"]]: readonly (Extract<F, { readonly t: T }> extends infer V
    ? V extends V
      ? Shape<V>
      : never
    : never)[];
};

export const clientShapes: Shapes<ClientFrame> = {
  hello: [
    {
      t: oneOf("hello"),
      v: counter,
      token: optional(either(text, absent)),
      device: id,
      k: optional(counter),
      agent: optional(text),
      resume: optional(text),
      have: optional(list(have)),
    },
  ],
  have: [{ t: oneOf("have"), have: list(have) }],
  auth: [{ t: oneOf("auth"), token: text }],
  ack: [{ t: oneOf("ack"), n: counter, d: optional(list(tuple<[string, number]>(id, counter))) }],
  ping: [{ t: oneOf("ping"), n: counter }],
  send: [
    {
      t: oneOf("send"),
      id,
      c: id,
      type: sendType,
      body: optional(json),
      re: optional(counter),
      mentions: optional(mentions),
      slot: optional(id),
      expect: optional(counter),
    },
  ],
  skip: [{ t: oneOf("skip"), id }],
  inbox: [{ t: oneOf("inbox"), id, cursor: optional(either(text, absent)), limit: optional(counter) }],
  fetch: [
    {
      t: oneOf("fetch"),
      id,
      c: id,
      after: optional(counter),
      before: optional(counter),
      around: optional(counter),
      re: optional(counter),
      limit: optional(counter),
    },
  ],
  subscribe: [{ t: oneOf("subscribe"), id, c: id, users: optional(list(user)) }],
  unsubscribe: [{ t: oneOf("unsubscribe"), id, c: optional(id), users: optional(list(user)) }],
  read: [{ t: oneOf("read"), c: id, seq: counter }],
  unread: [{ t: oneOf("unread"), c: id, on: flag }],
  typing: [{ t: oneOf("typing"), c: id }],
  active: [{ t: oneOf("active"), state: oneOf("active", "idle", "invisible") }],
  bye: [{ t: oneOf("bye") }],
};

export const gatewayShapes: Shapes<GatewayFrame> = {
  welcome: [
    {
      t: oneOf("welcome"),
      v: counter,
      session: id,
      user,
      node: id,
      resumed: flag,
      resume: text,
      durability,
      expires: optional(counter),
      heartbeat: counter,
      spread: counter,
      window: counter,
      limits: exactly(welcomeLimits),
      now: counter,
      secret: optional(text),
    },
  ],
  authed: [{ t: oneOf("authed"), expires: optional(counter) }],
  event: [eventFrame],
  again: [{ t: oneOf("again"), n: counter, frame: exactly(eventFrame) }],
  pong: [{ t: oneOf("pong"), n: counter, now: counter, resume: text, spread: optional(counter) }],
  lagging: [{ t: oneOf("lagging"), c: list(id) }],
  sent: [
    {
      t: oneOf("sent"),
      id,
      c: id,
      epoch: id,
      seq: counter,
      ord: counter,
      at: counter,
      dup: optional(yes),
      body: optional(json),
    },
  ],
  error: [
    {
      t: oneOf("error"),
      id: optional(text),
      re: optional(text),
      c: optional(id),
      code: isWireErrorCode,
      message: text,
      reason: optional(text),
      last: optional(counter),
      retry: optional(counter),
    },
  ],
  inbox: [
    {
      t: oneOf("inbox"),
      id,
      conversations: list(either(exactly(inboxRow), exactly(goneRow))),
      cursor: text,
      more: flag,
      reset: optional(yes),
    },
  ],
  events: [
    {
      t: oneOf("events"),
      id: optional(id),
      c: id,
      epoch: id,
      head: counter,
      from: counter,
      to: counter,
      events: list(pageRow),
      more: flag,
    },
    { t: oneOf("events"), id: optional(id), c: id, epoch: id, head: counter, events: tuple<[]>(), reset: yes },
    { t: oneOf("events"), c: id, gone: yes },
  ],
  subscribed: [
    {
      t: oneOf("subscribed"),
      id: optional(id),
      c: id,
      mode,
      epoch: id,
      head: counter,
      ord: counter,
      members: counter,
      online: counter,
      watermarks: list(tuple<[string, number, number]>(user, counter, counter)),
    },
  ],
  unsubscribed: [{ t: oneOf("unsubscribed"), id }],
  heads: [{ t: oneOf("heads"), heads: list(tuple<[string, string, number, number]>(id, id, counter, counter)) }],
  receipt: [{ t: oneOf("receipt"), c: id, user, delivered: counter, read: counter }],
  tally: [
    {
      t: oneOf("tally"),
      c: id,
      tally: list(tuple<[number, number, number]>(counter, counter, counter)),
      online: counter,
    },
  ],
  presence: [{ t: oneOf("presence"), id: optional(id), users: list(exactly(presenceRow)) }],
  typing: [{ t: oneOf("typing"), c: id, user: optional(user), count: optional(counter) }],
  drain: [{ t: oneOf("drain"), within: counter, delay: counter }],
  close: [{ t: oneOf("close"), code: counter }],
  from: [{ t: oneOf("from"), n: counter }],
};
