import type { Message, PresenceView } from "@earshot/client";
import { describe, expect, it } from "vitest";
import { mentionsIn } from "./mentions.ts";
import { messageWords } from "./message-words.ts";
import { presenceWords } from "./presence-words.ts";
import { typingWords } from "./typing-words.ts";

const NOON = new Date(2026, 4, 5, 12).getTime();
const MINUTE = 60_000;

describe("typingWords", () => {
  it("names one and two, counts more, and those without names", () => {
    const words = (...users: string[]) => typingWords({ users, count: users.length });
    expect(words()).toBe("");
    expect(words("bob")).toBe("bob is typing…");
    expect(words("bob", "carol")).toBe("bob and carol are typing…");
    expect(words("bob", "carol", "dora")).toBe("bob, carol and 1 other are typing…");
    expect(words("bob", "carol", "dora", "emil")).toBe("bob, carol and 2 others are typing…");
    expect(typingWords({ users: [], count: 1 })).toBe("Somebody is typing…");
    expect(typingWords({ users: [], count: 14 })).toBe("14 people are typing…");
  });
});

describe("presenceWords", () => {
  const words = (status: PresenceView["status"], seen: number | null = null) => presenceWords({ status, seen }, NOON);

  it("says where somebody stands, and nothing where it is not told", () => {
    expect([words("online"), words("away"), words("offline"), words("unknown")]).toEqual([
      "Online",
      "Away",
      "Offline",
      "",
    ]);
  });

  it("says when they were last there, also by a clock that is behind", () => {
    expect(words("offline", NOON + 5_000)).toBe("Last seen just now");
    expect(words("offline", NOON - MINUTE)).toBe("Last seen 1 minute ago");
    expect(words("offline", NOON - 59 * MINUTE)).toBe("Last seen 59 minutes ago");
    expect(words("offline", NOON - 3 * 60 * MINUTE)).toMatch(/^Last seen today at /);
    expect(words("offline", NOON - 24 * 60 * MINUTE)).toMatch(/^Last seen yesterday at /);
    expect(words("offline", NOON - 40 * 24 * 60 * MINUTE)).toMatch(/^Last seen on /);
  });
});

describe("mentionsIn", () => {
  it("finds names, each once, and all of them", () => {
    expect(mentionsIn("@bob and (@carol), @bob!")).toEqual(["bob", "carol"]);
    expect(mentionsIn("hear, @all")).toBe("all");
  });

  it("takes no address for a name", () => {
    expect(mentionsIn("mail bob@example.com")).toBeUndefined();
    expect(mentionsIn("nobody")).toBeUndefined();
  });
});

describe("messageWords", () => {
  const message: Message = {
    ...{ kind: "message", key: "k", id: "m", conversation: "c", seq: 1, from: "bob", at: NOON, body: { text: "hi" } },
    ...{ reactions: [], replies: 0, status: "sent", own: false },
  };

  it("says who, what, when and what became of it", () => {
    expect(messageWords(message)).toMatch(/^bob: hi, \d/);
    expect(messageWords({ ...message, own: true, status: "read", edited: 3 })).toMatch(/^You: hi, .*, edited, read$/);
    expect(messageWords({ ...message, deleted: true, body: {}, edited: 3 })).toMatch(
      /^bob: This message was deleted, /,
    );
    expect(messageWords({ ...message, deleted: true, body: {}, edited: 3 })).not.toContain("edited");
  });
});
