import type { Notice } from "@earshot/client";
import { describe, expect, it } from "vitest";
import { noticeWords } from "./notice-words.ts";

function words(type: Notice["type"], seq: number, body: Notice["body"], from = "alice", user = "alice"): string {
  return noticeWords({ kind: "notice", key: "k", conversation: "c", seq, from, at: 0, type, body }, user);
}

const member = (...members: (readonly [string, string | null])[]): Notice["body"] => ({ members });

describe("noticeWords", () => {
  it("says who started it, with whom", () => {
    const body = member(["alice", "owner"], ["bob", "member"], ["carol", "member"]);
    expect(words("meta", 1, body)).toBe("You started the conversation with bob and carol");
    expect(words("meta", 1, body, "alice", "bob")).toBe("alice started the conversation with you and carol");
    expect(words("meta", 1, {})).toBe("You started the conversation");
  });

  it("says who came, went and was given another role", () => {
    expect(words("member", 2, member(["bob", null]), "bob")).toBe("bob left");
    expect(words("member", 2, member(["bob", "member"]), "bob")).toBe("bob joined");
    expect(words("member", 2, member(["bob", null]))).toBe("You removed bob");
    expect(words("member", 2, member(["bob", "admin"]), "alice", "bob")).toBe("alice made you an admin");
    expect(words("member", 2, member(["bob", "member"], ["eve", "member"], ["dan", null]))).toBe(
      "You made bob and eve members and removed dan",
    );
  });

  it("shortens long lists, and survives bodies that it does not know", () => {
    const many = Array.from({ length: 9 }, (_, index) => [`u${index}`, null] as const);
    expect(words("member", 2, member(...many))).toBe("You removed u0, u1, u2 and 6 others");
    expect(words("member", 2, { members: "odd" })).toBe("You changed the members");
    expect(words("meta", 7, { title: "Lunch" })).toBe("You named it “Lunch”");
    expect(words("meta", 7, {})).toBe("You changed the conversation");
  });
});
