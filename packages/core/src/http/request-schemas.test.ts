import { describe, expect, it } from "vitest";
import {
  creation,
  listQuery,
  memberBatch,
  memberRole,
  memberState,
  message,
  messagesQuery,
  patch,
  presenceQuery,
  readMark,
  receiptsQuery,
} from "./request-schemas.ts";

const takes = (schema: { safeParse(value: unknown): { success: boolean } }, value: unknown): boolean =>
  schema.safeParse(value).success;

describe("creation", () => {
  it("has a default for all but the kind", () => {
    expect(creation.parse({ kind: "group" })).toEqual({
      kind: "group",
      members: [],
      title: null,
      meta: null,
      open: false,
    });
  });

  it("takes members by name, or with their role", () => {
    const { members } = creation.parse({ kind: "group", members: ["bob", ["rita", "reader"], "a|b@c.d"] });
    expect(members).toEqual([
      ["bob", "member"],
      ["rita", "reader"],
      ["a|b@c.d", "member"],
    ]);
  });

  it.each([
    {},
    { kind: "room" },
    { kind: "group", id: "an id" },
    { kind: "group", id: "" },
    { kind: "group", title: "x".repeat(257) },
    { kind: "group", members: "bob" },
    { kind: "group", members: ["bo b"] },
    { kind: "group", members: [["bob", "boss"]] },
    { kind: "group", members: [["bob"]] },
    { kind: "group", meta: [] },
    { kind: "group", meta: "x" },
    { kind: "group", open: "yes" },
    { kind: "group", history: "some" },
  ])("refuses %j", (value) => {
    expect(takes(creation, value)).toBe(false);
  });
});

describe("members", () => {
  it("may be given a role", () => {
    expect(memberRole.parse({})).toEqual({});
    expect(memberRole.parse({ role: "admin" })).toEqual({ role: "admin" });
    expect(takes(memberRole, { role: "boss" })).toBe(false);
  });

  it("names one at least", () => {
    expect(takes(memberBatch, { members: [] })).toBe(false);
    expect(memberBatch.parse({ members: [["bob", "admin"]] })).toEqual({ members: [["bob", "admin"]] });
  });
});

describe("patch", () => {
  it("takes any of its fields, and keeps apart what is null from what is not there", () => {
    expect(patch.parse({})).toEqual({});
    const whole = { title: null, meta: null, open: false, slow: 0, retention: null };
    expect(patch.parse({ ...whole, unknown: 1 })).toEqual(whole);
    expect(patch.parse({ title: "x".repeat(256), meta: { a: 1 }, open: true, slow: 5_000 })).toMatchObject({
      slow: 5_000,
    });
    expect(patch.parse({ retention: { age: 1, unknown: 1 } })).toEqual({ retention: { age: 1 } });
    for (const retention of [{ messages: 1 }, { age: 60_000, messages: 10 }]) {
      expect(patch.parse({ retention })).toEqual({ retention });
    }
  });

  it.each([
    [],
    { title: 1 },
    { title: "x".repeat(257) },
    { meta: [] },
    { meta: "x" },
    { open: null },
    { open: "yes" },
    { slow: -1 },
    { slow: 1.5 },
    { slow: "1" },
    { slow: null },
    { retention: 60_000 },
    { retention: {} },
    { retention: { unknown: 1 } },
    { retention: { age: 0 } },
    { retention: { age: null, messages: 5 } },
    { retention: { age: 60_000, messages: 0 } },
    { retention: { messages: 1.5 } },
    { retention: { messages: -1 } },
    { retention: { age: "60000" } },
    { retention: { age: 2 ** 53 } },
  ])("refuses %j", (value) => {
    expect(takes(patch, value)).toBe(false);
  });
});

describe("a member's own state", () => {
  it.each([{}, { mute: true }, { mute: false }, { mute: 0 }, { mute: 1_800_000_000_000, unread: false }])(
    "takes %j",
    (value) => {
      expect(memberState.parse(value)).toEqual(value);
    },
  );

  it.each([{ mute: -1 }, { mute: 1.5 }, { mute: "yes" }, { mute: null }, { unread: 1 }, { unread: null }])(
    "refuses %j",
    (value) => {
      expect(takes(memberState, value)).toBe(false);
    },
  );

  it("S38: is read up to a counter", () => {
    expect(readMark.parse({ seq: 0 })).toEqual({ seq: 0 });
    for (const seq of [-1, 1.5, "1", null, undefined, 2 ** 53]) expect(takes(readMark, { seq })).toBe(false);
  });
});

describe("message", () => {
  it("is a message unless a type is given", () => {
    expect(message.parse({ id: "m1", body: { text: "hi" } })).toEqual({
      id: "m1",
      type: "message",
      body: { text: "hi" },
    });
  });

  it.each([
    { body: {} },
    { id: "m1" },
    { id: "m 1", body: {} },
    { id: "m1", body: [] },
    { id: "m1", body: {}, re: 0 },
    { id: "m1", body: {}, re: 1.5 },
    { id: "m1", body: {}, type: "meta" },
    { id: "m1", body: {}, type: "x- " },
    { id: "m1", body: {}, mentions: ["a b"] },
    { id: "m1", body: {}, mentions: "everyone" },
  ])("refuses %j", (value) => {
    expect(takes(message, value)).toBe(false);
  });
});

describe("queries", () => {
  it("S38: take counters alone for numbers", () => {
    for (const text of ["0", "42", "9007199254740991"])
      expect(messagesQuery.parse({ after: text })).toEqual({ after: Number(text) });
    for (const text of ["", "-1", "1.5", "1e3", "0x10", " 1", "9007199254740992", "99999999999999999999"]) {
      expect([text, takes(messagesQuery, { after: text }), takes(listQuery, { limit: text })]).toEqual([
        text,
        false,
        false,
      ]);
    }
  });

  it("name users and a conversation for presence", () => {
    expect(presenceQuery.parse({ c: "c1", user: ["bob", "a|b@c.d"] })).toEqual({ c: "c1", user: ["bob", "a|b@c.d"] });
    for (const value of [
      { c: "c1", user: [] },
      { c: null, user: ["bob"] },
      { c: "c 1", user: ["bob"] },
      { c: "c1", user: ["b b"] },
    ])
      expect(takes(presenceQuery, value)).toBe(false);
  });

  it("name a seq, or none, for receipts", () => {
    expect(receiptsQuery.parse({})).toEqual({});
    expect(receiptsQuery.parse({ seq: "5", cursor: "x", limit: "7" })).toEqual({ seq: 5, cursor: "x", limit: 7 });
    for (const value of [{ seq: "-1" }, { seq: "x" }, { limit: "0" }]) expect(takes(receiptsQuery, value)).toBe(false);
  });

  it("takes one of after, before and around", () => {
    expect(takes(messagesQuery, { after: "1", limit: "5" })).toBe(true);
    expect(takes(messagesQuery, { after: "1", before: "5" })).toBe(false);
  });
});
