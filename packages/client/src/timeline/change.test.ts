import type { EventRow } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import type { Message, Reaction } from "../message.ts";
import { type Change, changed } from "./change.ts";
import { Reactors } from "./reactors.ts";

const message: Message = Object.freeze({
  ...{ kind: "message", key: "you/m1", id: "m1", conversation: "c1", seq: 1, from: "you", at: 0, body: { text: "hi" } },
  ...{ mentions: "all", reactions: [], replies: 0, status: "sent", own: false },
} as const);
const by = (type: Change["type"], more: Partial<Change> = {}): Change => ({ type, seq: 9, own: false, ...more });
const reacted = (reactions: readonly Reaction[], on: unknown, more: Partial<Change> = {}, key: unknown = "👍") =>
  changed({ ...message, reactions }, by("react", { body: { key, on }, ...more })).reactions;
const some = (count: number, mine = false, key = "👍"): Reaction => ({ key, count, mine });

describe("changed", () => {
  it("gives an edit's body and seq, and counts replies", () => {
    const edited = changed(message, by("edit", { body: { text: "ho" } }));
    expect(edited).toEqual({ ...message, body: { text: "ho" }, edited: 9 });
    expect([Object.isFrozen(edited), message.body]).toEqual([true, { text: "hi" }]);
    expect(changed(edited, by("message"))).toEqual({ ...edited, replies: 1 });
  });

  it("leaves of a deleted message what no content is, and nothing changes it but replies", () => {
    const { mentions, ...rest } = message;
    const full = changed({ ...message, reactions: [some(2)], replies: 3 }, by("edit"));
    const gone = changed(full, by("delete"));
    expect(gone).toEqual({ ...rest, body: {}, deleted: true, replies: 3 });
    for (const change of [by("delete"), by("edit"), by("react", { body: { key: "👍", on: true } })]) {
      expect(changed(gone, change)).toBe(gone);
    }
    expect(changed(gone, by("message"))).toMatchObject({ deleted: true, replies: 4 });
    expect(changed(message, by("edit", { deleted: true }))).toMatchObject({ deleted: true, body: {} });
  });

  it("leaves of a message whose author is erased what a deletion leaves, and of others' all", () => {
    const { mentions, ...rest } = message;
    const erasure = by("meta", { body: { erased: "you" } });
    expect(changed({ ...message, edited: 4, reactions: [some(2)] }, erasure)).toEqual({
      ...rest,
      body: {},
      deleted: true,
    });
    for (const other of [by("meta", { body: { erased: "me" } }), by("meta", { body: { title: "you" } })]) {
      expect(changed(message, other)).toBe(message);
    }
    expect(changed(message, by("x-note", { body: { erased: "you" } }))).toBe(message);
  });

  it("is the same object where nothing changes", () => {
    for (const change of [by("x-ping"), by("react"), by("react", { body: { key: 7, on: true } })]) {
      expect(changed(message, change)).toBe(message);
    }
  });

  it("counts own reactions by whether they are there already, also twice", () => {
    const own = { own: true };
    expect(reacted([], true, own)).toEqual([some(1, true)]);
    expect(reacted([some(3)], true, own)).toEqual([some(4, true)]);
    expect(reacted([some(3, true)], true, own)).toEqual([some(3, true)]);
    expect(reacted([some(3, true)], false, own)).toEqual([some(2)]);
    expect(reacted([some(3)], false, own)).toEqual([some(3)]);
    expect(reacted([some(1, true)], false, own)).toEqual([]);
  });

  it("counts others' by what was heard of them, and believes them where nothing was", () => {
    expect(reacted([some(1)], true, { had: true, known: 1 })).toEqual([some(1)]);
    expect(reacted([some(1)], true, { had: false, known: 1 })).toEqual([some(2)]);
    expect(reacted([some(2)], false, { had: true, known: 2 })).toEqual([some(1)]);
    expect(reacted([some(2)], true)).toEqual([some(3)]);
    expect(reacted([some(2)], false)).toEqual([some(1)]);
    // all who have it are known, and the author is none of them
    expect(reacted([some(2, true)], false, { known: 1 })).toEqual([some(2, true)]);
    expect(reacted([], false)).toEqual([]);
  });

  it("keeps keys in the order in which they came up", () => {
    const two = [some(1), some(1, false, "🎉")];
    expect(reacted(two, true)).toEqual([some(2), some(1, false, "🎉")]);
    expect(reacted(two, true, {}, "👀")).toEqual([...two, some(1, false, "👀")]);
    expect(reacted(reacted(two, false, { had: true }), true)).toEqual([some(1, false, "🎉"), some(1)]);
  });
});

describe("Reactors", () => {
  const row = (from: string, on: boolean): EventRow => ({
    ...{ seq: 9, ord: 1, type: "react", re: 1, from, at: 0, body: { key: "👍", on } },
  });

  it("answers with what was known before", () => {
    const reactors = new Reactors(10);
    expect(reactors.heard(row("a", true))).toEqual({ had: undefined, known: 0 });
    expect(reactors.heard(row("a", true))).toEqual({ had: true, known: 1 });
    expect(reactors.heard(row("b", false))).toEqual({ had: undefined, known: 1 });
    expect(reactors.heard(row("a", false))).toEqual({ had: true, known: 1 });
    expect(reactors.heard(row("a", true))).toEqual({ had: false, known: 0 });
    expect(reactors.heard({ ...row("a", true), re: 2 })).toEqual({ had: undefined, known: 0 });
  });

  it("forgets all beyond its bound", () => {
    const reactors = new Reactors(2);
    reactors.heard(row("a", true));
    reactors.heard(row("b", true));
    expect(reactors.heard(row("a", true))).toEqual({ had: undefined, known: 0 });
  });
});
