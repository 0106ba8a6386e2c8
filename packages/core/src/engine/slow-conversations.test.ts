import { describe, expect, it } from "vitest";
import type { ConversationSettings } from "../ports/conversation-settings.ts";
import { SlowConversations } from "./slow-conversations.ts";

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** A store that answers when the test says so. */
function storeOf() {
  const asked: { readonly c: string; answer(slow: number | null): void; fail(): void }[] = [];
  const settings = (c: string) =>
    new Promise<ConversationSettings | null>((resolve, reject) => {
      const answer = (slow: number | null) => resolve(slow === null ? null : ({ slow } as ConversationSettings));
      asked.push({ c, answer, fail: () => reject(new Error("down")) });
    });
  return { asked, settings };
}

describe("SlowConversations", () => {
  it("takes a conversation for slow until the store says otherwise, and asks it once", async () => {
    const store = storeOf();
    const slow = new SlowConversations(store, 10);
    expect([slow.maybe("c1"), slow.maybe("c1"), slow.maybe("c2"), slow.maybe("c3")]).toEqual([true, true, true, true]);
    expect(store.asked.map(({ c }) => c)).toEqual(["c1", "c2", "c3"]);
    store.asked[0]?.answer(0);
    store.asked[1]?.answer(5_000);
    store.asked[2]?.answer(null);
    await turn();
    expect([slow.maybe("c1"), slow.maybe("c2"), slow.maybe("c3")]).toEqual([false, true, false]);
    expect(store.asked).toHaveLength(3);
  });

  it("does not believe an answer that was on its way when the settings changed", async () => {
    const store = storeOf();
    const slow = new SlowConversations(store, 10);
    slow.maybe("c1");
    slow.forget("c1");
    store.asked[0]?.answer(0);
    await turn();
    expect(slow.maybe("c1")).toBe(true);
    store.asked[1]?.answer(0);
    await turn();
    expect(slow.maybe("c1")).toBe(false);
  });

  it("asks again after the store has failed", async () => {
    const store = storeOf();
    const slow = new SlowConversations(store, 10);
    slow.maybe("c1");
    store.asked[0]?.fail();
    await turn();
    expect(slow.maybe("c1")).toBe(true);
    expect(store.asked).toHaveLength(2);
  });

  it("remembers as many as it may", async () => {
    const store = storeOf();
    const slow = new SlowConversations(store, 2);
    for (const c of ["c1", "c2", "c3"]) slow.maybe(c);
    for (const { answer } of store.asked) answer(0);
    await turn();
    expect([slow.maybe("c3"), slow.maybe("c2"), slow.maybe("c1")]).toEqual([false, false, true]);
  });
});
