import { LIMITS } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import { apiWith } from "../testing/noting-api.ts";

describe("routes", () => {
  const fresh = { kind: "group", members: [], title: null, meta: null, open: false };
  it.each([
    ["POST", "/conversations", { kind: "group" }, ["create", "alice", { ...fresh, wholeHistory: false }], 201],
    [
      "POST",
      "/conversations",
      { kind: "group", history: "all" },
      ["create", "alice", { ...fresh, wholeHistory: true }],
      201,
    ],
    ["GET", "/conversations", undefined, ["inbox", "alice", null, undefined], 200],
    ["GET", "/conversations?cursor=abc&limit=7", undefined, ["inbox", "alice", "abc", 7], 200],
    ["GET", "/conversations/c1", undefined, ["row", "alice", "c1"], 200],
    ["GET", "/conversations/c1/members", undefined, ["members", "alice", "c1", null, 100], 200],
    [
      "GET",
      "/conversations/c1/members?limit=9999&cursor=x",
      undefined,
      ["members", "alice", "c1", "x", LIMITS.pageRowsMax],
      200,
    ],
    [
      "POST",
      "/conversations/c1/members",
      { members: ["bob", ["rita", "reader"]] },
      [
        "changeMembers",
        "alice",
        "c1",
        [
          ["bob", "member"],
          ["rita", "reader"],
        ],
      ],
      200,
    ],
    [
      "PUT",
      "/conversations/c1/members/bob",
      { role: "admin" },
      ["changeMembers", "alice", "c1", [["bob", "admin"]]],
      200,
    ],
    [
      "PUT",
      "/conversations/c1/members/a%7Cb%40c.d",
      { role: "admin" },
      ["changeMembers", "alice", "c1", [["a|b@c.d", "admin"]]],
      200,
    ],
    ["PUT", "/conversations/c1/members/bob", {}, ["changeMembers", "alice", "c1", [["bob", "member"]]], 200],
    ["PUT", "/conversations/c1/members/bob", undefined, ["changeMembers", "alice", "c1", [["bob", "member"]]], 200],
    ["PUT", "/conversations/c1/members/me", {}, ["join", "alice", "c1"], 200],
    ["PUT", "/conversations/c1/members/me", undefined, ["join", "alice", "c1"], 200],
    ["PUT", "/conversations/c1/members/alice", {}, ["join", "alice", "c1"], 200],
    [
      "PUT",
      "/conversations/c1/members/me",
      { role: "reader" },
      ["changeMembers", "alice", "c1", [["alice", "reader"]]],
      200,
    ],
    ["DELETE", "/conversations/c1/members/me", undefined, ["changeMembers", "alice", "c1", [["alice", null]]], 200],
    ["DELETE", "/conversations/c1/members/bob", undefined, ["changeMembers", "alice", "c1", [["bob", null]]], 200],
    ["GET", "/conversations/c1/messages", undefined, ["fetch", "alice", { c: "c1" }], 200],
    [
      "GET",
      "/conversations/c1/messages?after=0&limit=3",
      undefined,
      ["fetch", "alice", { c: "c1", after: 0, limit: 3 }],
      200,
    ],
    ["PATCH", "/conversations/c1", { title: "Lunch" }, ["patch", "alice", "c1", { title: "Lunch" }], 200],
    ["PATCH", "/conversations/c1", {}, ["patch", "alice", "c1", {}], 200],
    [
      "PATCH",
      "/conversations/c1",
      { retention: { messages: 9 } },
      ["patch", "alice", "c1", { retention: { messages: 9 } }],
      200,
    ],
    ["PATCH", "/conversations/c1", { retention: null }, ["patch", "alice", "c1", { retention: null }], 200],
    ["PUT", "/conversations/c1/bans/bob", undefined, ["ban", "alice", "c1", "bob", true], 200],
    ["DELETE", "/conversations/c1/bans/bob", undefined, ["ban", "alice", "c1", "bob", false], 200],
    ["PUT", "/conversations/c1/pins/17", undefined, ["pin", "alice", "c1", 17, true], 200],
    ["DELETE", "/conversations/c1/pins/17", undefined, ["pin", "alice", "c1", 17, false], 200],
    [
      "PATCH",
      "/conversations/c1/me",
      { mute: true, unread: false },
      ["memberState", "alice", "c1", { mute: true, unread: false }],
      200,
    ],
    ["GET", "/conversations/c1/receipts", undefined, ["receipts", "alice", "c1", {}], 200],
    [
      "GET",
      "/conversations/c1/receipts?seq=5&cursor=x&limit=7",
      undefined,
      ["receipts", "alice", "c1", { seq: 5, cursor: "x", limit: 7 }],
      200,
    ],
    ["GET", "/presence?c=c1&user=bob&user=carl", undefined, ["presence", "alice", "c1", ["bob", "carl"]], 200],
    [
      "GET",
      "/conversations/c1/messages?around=9&re=3",
      undefined,
      ["fetch", "alice", { c: "c1", around: 9, re: 3 }],
      200,
    ],
    [
      "POST",
      "/conversations/c1/messages",
      { id: "m1", type: "x-commit", re: 2, mentions: "all", slot: "mls", expect: 0, body: {} },
      [
        "send",
        "alice",
        { c: "c1", id: "m1", type: "x-commit", re: 2, mentions: "all", slot: "mls", expect: 0, body: {} },
      ],
      201,
    ],
    [
      "POST",
      "/conversations/c1/messages",
      { id: "m1", type: "delete", re: 2 },
      ["send", "alice", { c: "c1", id: "m1", type: "delete", re: 2 }],
      201,
    ],
    [
      "POST",
      "/conversations/c1/messages",
      { id: "m1", body: { text: "hi" } },
      ["send", "alice", { c: "c1", id: "m1", type: "message", body: { text: "hi" } }],
      201,
    ],
  ] as const)("%s %s", async (method, path, body, command, status) => {
    const { call, calls } = apiWith();
    const response = await call(method, path, body);
    expect(calls).toEqual([command]);
    expect(response.status).toBe(status);
    expect(response.headers.get("content-type")).toBe("application/json");
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(response.body).not.toHaveProperty("t");
  });

  it.each([
    ["DELETE", "/conversations/c1", undefined, ["remove", "alice", "c1"]],
    ["PUT", "/blocks/bob", undefined, ["block", "alice", "bob", true]],
    ["DELETE", "/blocks/bob", undefined, ["block", "alice", "bob", false]],
    ["PUT", "/conversations/c1/read", { seq: 5 }, ["read", "alice", "c1", 5]],
  ] as const)("%s %s answers 204, and nothing else", async (method, path, body, command) => {
    const { call, calls } = apiWith();
    expect(await call(method, path, body)).toMatchObject({ status: 204, body: null });
    expect(calls).toEqual([command]);
  });

  it.each([
    ["GET", "/"],
    ["GET", "/nothing"],
    ["GET", "/blocks/bob"],
    ["POST", "/conversations/c1/pins/1"],
    ["PUT", "/conversations/c1"],
    ["GET", "/conversations/c1/me"],
    ["GET", "/presence/bob"],
    ["PATCH", "/conversations"],
    ["GET", "/conversations/"],
    ["GET", "/conversations/c1/"],
    ["GET", "/conversations/c1/members/bob"],
    ["GET", "/conversations/%ff"],
    ["POST", "/constructor"],
  ])("answers 404 for %s %s, and calls nothing", async (method, path) => {
    const { call, calls } = apiWith();
    expect(await call(method, path)).toMatchObject({ status: 404, body: { code: "not_found" } });
    expect(calls).toEqual([]);
  });
});
