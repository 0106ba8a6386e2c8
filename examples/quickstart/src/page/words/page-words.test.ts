import { ChatError, type ConversationRow } from "@earshot/client";
import { describe, expect, it } from "vitest";
import { connectionWords } from "./connection-words.ts";
import { conversationTitle } from "./conversation-title.ts";
import { errorWords } from "./error-words.ts";
import { messageText } from "./message-text.ts";
import { dayKey, dayName, shortTime } from "./time-words.ts";

const lost = new ChatError("offline", "connection lost");

describe("connectionWords", () => {
  it("counts down to the next attempt, and never below it", () => {
    const waiting = { status: "waiting", retryAt: 10_000, error: lost, durability: null, transport: null } as const;
    expect(connectionWords(waiting, 7_500)).toBe("Offline, reconnecting in 3 s");
    expect(connectionWords(waiting, 10_000)).toBe("Offline, reconnecting…");
    expect(connectionWords(waiting, 99_000)).toBe("Offline, reconnecting…");
    expect(connectionWords({ ...waiting, retryAt: Number.POSITIVE_INFINITY }, 0)).toBe("Offline, reconnecting…");
  });

  it("tells a sign-out from a refusal", () => {
    const closed = { status: "closed", retryAt: null, durability: null, transport: null } as const;
    expect(connectionWords({ ...closed, error: null }, 0)).toBe("Signed out");
    expect(connectionWords({ ...closed, error: lost }, 0)).toBe("Disconnected");
  });
});

describe("conversationTitle", () => {
  const row = { kind: "group", title: null, meta: null, last: null } as const;

  it("is the title, else the other people, else the last who wrote", () => {
    expect(conversationTitle({ ...row, title: "Lunch" }, "alice")).toBe("Lunch");
    expect(conversationTitle({ ...row, meta: { people: ["alice", "bob", "carol"] } }, "alice")).toBe("bob, carol");
    const last: ConversationRow["last"] = { seq: 2, ord: 1, type: "message", from: "bob", at: 0 };
    expect(conversationTitle({ ...row, kind: "direct", last }, "alice")).toBe("bob");
    expect(conversationTitle({ ...row, kind: "direct", last }, "bob")).toBe("Direct conversation");
  });

  it("takes no `meta` of another application for its own", () => {
    expect(conversationTitle({ ...row, meta: { people: "bob" } }, "alice")).toBe("Conversation");
    expect(conversationTitle({ ...row, meta: { people: [{}, 7] } }, "alice")).toBe("Conversation");
  });
});

describe("messageText", () => {
  it("shows text and says where there is none", () => {
    expect(messageText({ text: "hi" })).toBe("hi");
    expect(messageText({ text: 7 })).toMatch(/cannot show/);
    expect(messageText(undefined)).toMatch(/cannot show/);
  });
});

describe("errorWords", () => {
  it("goes by the code, never by the error's own text", () => {
    expect(errorWords(new ChatError("too_large", "secret"))).toBe("It is too long.");
    expect(errorWords(new Error("secret"))).toBe("Something went wrong.");
    expect(errorWords(null)).toBe("Something went wrong.");
  });
});

describe("days", () => {
  const night = new Date(2026, 10, 20, 23, 59).getTime();
  const morning = new Date(2026, 10, 21, 0, 1).getTime();

  it("change at midnight, not after 24 hours", () => {
    expect(dayKey(night)).not.toBe(dayKey(morning));
    expect(dayName(night, morning)).toBe("Yesterday");
    expect(dayName(night, night)).toBe("Today");
    expect(shortTime(night, morning)).toBe("Yesterday");
  });

  it("a time that lies ahead, by a clock that goes wrong, is today", () => {
    expect(dayName(morning, night)).toBe("Today");
  });
});
