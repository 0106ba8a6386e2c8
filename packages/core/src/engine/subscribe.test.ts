import { describe, expect, it } from "vitest";
import type { Access } from "../ports/message-store.ts";
import { addSubscription, subscribedFrame } from "./subscribe.ts";

describe("addSubscription", () => {
  it("S45: takes as many as the bound, each once, and refuses one more", () => {
    const subscriptions = new Set<string>();
    for (const c of ["c1", "c2", "c1"]) addSubscription(subscriptions, c, 2);
    expect(() => addSubscription(subscriptions, "c3", 2)).toThrow(expect.objectContaining({ code: "too_large" }));
    addSubscription(subscriptions, "c2", 2);
    expect([...subscriptions]).toEqual(["c1", "c2"]);
  });
});

describe("subscribedFrame", () => {
  it("says where a conversation stands, and nothing of rights", () => {
    const access: Access = {
      role: "owner",
      spans: [[7, null]],
      kind: "group",
      mode: "push",
      epoch: "e1",
      head: 9,
      ord: 5,
      delivered: 9,
      read: 8,
      members: 3,
      membersVersion: 2,
    };
    expect(subscribedFrame("c1", access)).toEqual({
      t: "subscribed",
      c: "c1",
      mode: "push",
      epoch: "e1",
      head: 9,
      ord: 5,
      members: 3,
      online: 0,
      watermarks: [],
    });
  });
});
