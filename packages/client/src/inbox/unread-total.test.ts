import { describe, expect, it } from "vitest";
import type { ConversationRow } from "../inbox.ts";
import { unreadTotal } from "./unread-total.ts";

const row = (more: Partial<ConversationRow>): ConversationRow =>
  ({ unread: 0, mentions: 0, mute: false, ...more }) as ConversationRow;

describe("unreadTotal", () => {
  it("sums up what is unread, and counts what is marked", () => {
    const rows = [row({ unread: 3, mentions: 1 }), row({ unread: 1 }), row({}), row({ marked: true })];
    expect(unreadTotal(rows, 0)).toEqual({ conversations: 3, messages: 4, mentions: 1 });
  });

  it("leaves out what is muted, for ever or until later", () => {
    const rows = [row({ unread: 1, mute: true }), row({ unread: 1, mute: 1_001 }), row({ unread: 1, mute: 1_000 })];
    expect(unreadTotal(rows, 1_000)).toEqual({ conversations: 1, messages: 1, mentions: 0 });
  });
});
