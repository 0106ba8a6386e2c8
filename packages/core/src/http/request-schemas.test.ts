import { describe, expect, it } from "vitest";
import { creation, listQuery, memberBatch, memberRole, message, messagesQuery } from "./request-schemas.ts";

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
  it("is a plain member unless a role is given", () => {
    expect(memberRole.parse({})).toEqual({ role: "member" });
    expect(memberRole.parse({ role: "admin" })).toEqual({ role: "admin" });
    expect(takes(memberRole, { role: "boss" })).toBe(false);
  });

  it("names one at least", () => {
    expect(takes(memberBatch, { members: [] })).toBe(false);
    expect(memberBatch.parse({ members: [["bob", "admin"]] })).toEqual({ members: [["bob", "admin"]] });
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

  it("takes one of after, before and around", () => {
    expect(takes(messagesQuery, { after: "1", limit: "5" })).toBe(true);
    expect(takes(messagesQuery, { after: "1", before: "5" })).toBe(false);
  });
});
