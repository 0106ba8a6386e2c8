import { ChatError, LIMITS } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import { apiWith, ROW, SENT } from "../testing/noting-api.ts";

describe("calls: answers", () => {
  it("says 200 for what was there already: a conversation, a message", async () => {
    const { call } = apiWith({
      create: async () => ({ row: ROW, made: false, id: "c1" }),
      send: async () => ({ ...SENT, dup: true }),
    });
    expect((await call("POST", "/conversations", { kind: "group" })).status).toBe(200);
    expect(await call("POST", "/conversations/c1/messages", { id: "m1", body: {} })).toMatchObject({
      status: 200,
      body: { dup: true },
    });
  });

  it.each([
    ["DELETE", "/conversations/c1/members/me", undefined],
    ["PUT", "/conversations/c1/members/me", undefined],
    ["PATCH", "/conversations/c1", {}],
    ["PUT", "/conversations/c1/bans/bob", undefined],
    ["DELETE", "/conversations/c1/pins/2", undefined],
  ])("says 204 to who has lost the conversation by the call: %s %s", async (method, path, body) => {
    const lost = async () => null;
    const { call } = apiWith({ changeMembers: lost, join: lost, patch: lost, ban: lost, pin: lost });
    expect(await call(method, path, body)).toMatchObject({ status: 204, body: null });
  });

  it("shows of receipts and presence what the protocol names", async () => {
    const { call } = apiWith();
    const receipts = { seq: 5, delivered: 2, read: 1, users: [["alice", 5, 5]], cursor: "next", more: false };
    expect((await call("GET", "/conversations/c1/receipts")).body).toEqual(receipts);
    const presence = await call("GET", "/presence?c=c1&user=bob");
    expect(presence.body).toEqual({ users: [{ user: "bob", status: "online" }] });
  });

  it("says where a slot stands that has moved on", async () => {
    const { call } = apiWith({
      send: async () => {
        throw new ChatError("conflict", "unable to send event; its slot has moved on", { details: { last: 23 } });
      },
    });
    const refused = await call("POST", "/conversations/c1/messages", { id: "m1", body: {}, slot: "mls", expect: 0 });
    expect(refused).toMatchObject({ status: 409, body: { code: "conflict", last: 23 } });
  });

  it("S14: says 404 of a row that is none, and of an id that cannot be one", async () => {
    const { call } = apiWith({ row: async () => null });
    expect(await call("GET", "/conversations/c1")).toMatchObject({ status: 404, body: { code: "not_found" } });
    expect(await call("GET", "/conversations/a%20b")).toMatchObject({ status: 404, body: { code: "not_found" } });
  });

  it("shows of a list of members what the protocol names", async () => {
    const { call } = apiWith();
    const { body } = await call("GET", "/conversations/c1/members");
    expect(body).toEqual({ members: [["alice", "owner"]], cursor: "next", more: false });
  });

  it("answers a refusal with its code, and what nobody foresaw with 500", async () => {
    const { call } = apiWith({
      row: async () => {
        throw new ChatError("unavailable", "unable to read; the store is busy", { retryAfterMs: 700 });
      },
      inbox: async () => {
        throw new Error("secret");
      },
    });
    const busy = await call("GET", "/conversations/c1");
    expect(busy).toMatchObject({ status: 503, body: { code: "unavailable", retry: 700 } });
    expect(busy.headers.get("retry-after")).toBe("1");
    const failed = await call("GET", "/conversations");
    expect(failed).toMatchObject({ status: 500, body: { code: "internal" } });
    expect(JSON.stringify(failed.body)).not.toContain("secret");
  });
});

describe("calls: what they refuse", () => {
  it.each([
    ["no JSON", "{", 400],
    ["a wrong shape", { id: "m1", body: "text" }, 400],
    ["a forged sender", { id: "m1", body: {}, from: "bob" }, 400],
    ["a body over 32 KiB", { id: "m1", body: { text: "x".repeat(LIMITS.bodyBytesMax) } }, 413],
    ["a request over 2 MiB", `{"id":"m1","body":{"text":"${"x".repeat(LIMITS.httpBodyBytesMax)}"}}`, 413],
  ])("refuses %s", async (_, body, status) => {
    const { call, calls } = apiWith();
    expect((await call("POST", "/conversations/c1/messages", body)).status).toBe(status);
    expect(calls).toEqual([]);
  });

  it.each([
    ["PUT", "/conversations/c1/pins/x", undefined],
    ["PUT", "/conversations/c1/pins/0", undefined],
    ["DELETE", "/conversations/c1/pins/1.5", undefined],
    ["PUT", "/conversations/c1/pins/9007199254740992", undefined],
    ["PUT", "/conversations/c1/bans/b%20b", undefined],
    ["PUT", "/blocks/b%20b", undefined],
    ["PUT", "/conversations/c1/read", {}],
    ["PUT", "/conversations/c1/read", { seq: -1 }],
    ["PUT", "/conversations/c1/read", { seq: 1, at: 1 }],
    ["PATCH", "/conversations/c1/me", { mute: "yes" }],
    ["PATCH", "/conversations/c1", { slow: -1 }],
    ["PATCH", "/conversations/c1", { title: "x", retention: 5 }],
    ["PATCH", "/conversations/c1", { retention: {} }],
    ["PATCH", "/conversations/c1", { retention: { age: 0 } }],
    ["PATCH", "/conversations/c1", { retention: { age: 90_000.5 } }],
    ["PATCH", "/conversations/c1", { retention: { messages: 0 } }],
    ["PATCH", "/conversations/c1", { retention: { age: 90_000, messages: null } }],
    ["GET", "/presence?c=c1", undefined],
    ["GET", "/presence?user=bob", undefined],
    ["GET", "/presence?c=c1&user=b%20b", undefined],
    ["POST", "/conversations/c1/messages", { id: "m1", type: "edit", re: 2 }],
  ] as const)("S38: refuses as invalid %s %s %j", async (method, path, body) => {
    const { call, calls } = apiWith();
    expect(await call(method, path, body)).toMatchObject({ status: 400, body: { code: "invalid" } });
    expect(calls).toEqual([]);
  });

  it("S45: refuses to read the presence of too many at once", async () => {
    const { call, calls } = apiWith();
    const users = (count: number) => Array.from({ length: count }, (_, index) => `user=u${index}`).join("&");
    expect((await call("GET", `/presence?c=c1&${users(LIMITS.subscriptionsMax)}`)).status).toBe(200);
    expect(await call("GET", `/presence?c=c1&${users(LIMITS.subscriptionsMax + 1)}`)).toMatchObject({
      status: 413,
      body: { code: "too_large" },
    });
    expect(calls).toHaveLength(1);
  });

  it("takes 10,000 members in one body", async () => {
    const { call, calls } = apiWith();
    const members = Array.from({ length: 10_000 }, (_, index) => [`user-number-${index}`, "member"]);
    expect((await call("POST", "/conversations", { kind: "channel", members })).status).toBe(201);
    expect((await call("POST", "/conversations/c1/members", { members })).status).toBe(200);
    expect(calls.map(([name]) => name)).toEqual(["create", "changeMembers"]);
  });

  it.each([
    "/conversations?limit=0",
    "/conversations/c1/receipts?seq=-1",
    "/conversations/c1/messages?around=1&before=2",
    "/conversations/c1/messages?re=x",
    "/conversations/c1/messages?re=0",
    "/conversations?limit=-1",
    "/conversations/c1/members?limit=x",
    "/conversations/c1/messages?limit=0",
    "/conversations/c1/messages?before=1.5",
  ])("S38: refuses the numbers of %s, as a frame's would be", async (path) => {
    const { call, calls } = apiWith();
    expect(await call("GET", path)).toMatchObject({ status: 400, body: { code: "invalid" } });
    expect(calls).toEqual([]);
  });

  it("refuses a user id that is none", async () => {
    const { call, calls } = apiWith();
    expect(await call("PUT", "/conversations/c1/members/b%20b", {})).toMatchObject({
      status: 400,
      body: { code: "invalid" },
    });
    expect(calls).toEqual([]);
  });
});
