import { describe, expect, it } from "vitest";
import { conversationToCreate } from "./new-conversation-form.ts";

describe("conversationToCreate", () => {
  it("makes a direct conversation of one name, however it is typed", () => {
    expect(conversationToCreate({ kind: "direct", people: " Bob ", title: "ignored", open: true }, "alice")).toEqual({
      kind: "direct",
      members: ["bob"],
      meta: { people: ["alice", "bob"] },
    });
  });

  it("makes a group of several names, each once, without oneself", () => {
    expect(
      conversationToCreate({ kind: "group", people: "carol, bob bob;alice", title: " Lunch ", open: false }, "alice"),
    ).toEqual({
      kind: "group",
      members: ["carol", "bob"],
      meta: { people: ["alice", "bob", "carol"] },
      title: "Lunch",
    });
  });

  it("makes an open one whose whole log is for all who join, and a channel of oneself alone", () => {
    expect(conversationToCreate({ kind: "channel", people: "", title: "News", open: true }, "alice")).toEqual({
      kind: "channel",
      members: [],
      meta: { people: ["alice"] },
      title: "News",
      open: true,
      history: "all",
    });
  });

  it.each([
    ["direct", "", /who/],
    ["direct", "alice", /beside yourself/],
    ["direct", "bob carol", /one person/],
    ["group", "", /who/],
    ["channel", "bob", /name/],
    ["group", "bob, c!", /“c!”/],
    ["group", "x".repeat(33), /cannot be a name/],
  ] as const)("a %s with %j: says what is wrong", (kind, people, says) => {
    expect(conversationToCreate({ kind, people, title: "", open: false }, "alice")).toMatch(says);
  });
});
