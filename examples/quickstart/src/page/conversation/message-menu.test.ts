import type { Message } from "@earshot/client";
import { describe, expect, it } from "vitest";
import { type MenuDeeds, type MenuScene, messageMenu } from "./message-menu.ts";

const message: Message = {
  ...{ kind: "message", key: "k", id: "m", conversation: "c", seq: 1, from: "bob", at: 0, body: { text: "hi" } },
  ...{ reactions: [{ key: "👍", count: 2, mine: true }], replies: 0, status: "sent", own: false },
};
const scene: MenuScene = { role: "member", pinned: false, hasReceipts: true, inThread: false };
const deeds = {} as MenuDeeds;

function entries(of: Partial<Message>, where: Partial<MenuScene>): readonly string[] {
  return messageMenu({ ...message, ...of }, { ...scene, ...where }, deeds).entries.map(({ words }) => words);
}

describe("messageMenu", () => {
  it("offers a member to reply, and to change only what is their own", () => {
    expect(entries({}, {})).toEqual(["Reply", "Reply in thread", "Copy text"]);
    expect(entries({ own: true }, {})).toEqual(["Reply", "Reply in thread", "Copy text", "Edit", "Read by", "Delete"]);
    expect(entries({ own: true }, { hasReceipts: false })).not.toContain("Read by");
  });

  it("offers an admin to pin and delete what others wrote, a reader only to read", () => {
    expect(entries({}, { role: "admin" })).toEqual(["Reply", "Reply in thread", "Copy text", "Pin", "Delete"]);
    expect(entries({}, { role: "admin", pinned: true })).toContain("Unpin");
    expect(entries({ own: true }, { role: "reader", hasReceipts: false })).toEqual(["Open thread", "Copy text"]);
    expect(messageMenu(message, { ...scene, role: "reader" }, deeds).choices).toEqual([]);
  });

  it("leads to no thread from within one, and shows the own reaction as chosen", () => {
    expect(entries({}, { inThread: true })).toEqual(["Copy text"]);
    expect(entries({ replies: 2 }, {})).toContain("Open thread");
    const checked = messageMenu(message, scene, deeds).choices?.filter((choice) => choice.checked);
    expect(checked?.map(({ text }) => text)).toEqual(["👍"]);
  });
});
