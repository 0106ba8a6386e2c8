import { LIMITS } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import { memoryStore } from "../store/memory-message-store.ts";
import { conversation } from "../testing/conformance/message-store/entries.ts";
import { inboxPage } from "./inbox.ts";

const ALICE = { user: "alice", claims: null, origin: null };
/** Nothing is held back. */
const watermarks = { flush: async () => {} };

async function storeWith(conversations: number) {
  const store = memoryStore();
  await store.open();
  for (let index = 0; index < conversations; index++) await store.create(conversation(`c${index}`));
  return store;
}

describe("inboxPage", () => {
  it("gives 100 rows unless another number is asked for, and never more than 200", async () => {
    const store = await storeWith(250);
    const rows = async (limit?: number) => {
      const page = await inboxPage({ store, watermarks }, ALICE, limit === undefined ? {} : { limit });
      return [page.conversations.length, page.more];
    };
    expect(await rows()).toEqual([100, true]);
    expect(await rows(7)).toEqual([7, true]);
    expect(await rows(100_000)).toEqual([LIMITS.pageRowsMax, true]);
  });

  it("leads from cursor to cursor to the end", async () => {
    const store = await storeWith(25);
    const seen: string[] = [];
    let cursor: string | null = null;
    for (let more = true; more; ) {
      const page: Awaited<ReturnType<typeof inboxPage>> = await inboxPage({ store, watermarks }, ALICE, {
        cursor,
        limit: 10,
      });
      seen.push(...page.conversations.map(({ c }) => c));
      expect(page).not.toHaveProperty("reset");
      ({ cursor, more } = page);
    }
    expect(seen.sort()).toEqual(Array.from({ length: 25 }, (_, index) => `c${index}`).sort());
  });

  it("says that it starts over for a cursor it does not know", async () => {
    const page = await inboxPage({ store: await storeWith(1), watermarks }, ALICE, { cursor: "unknown" });
    expect(page).toMatchObject({ reset: true, conversations: [{ c: "c0" }] });
  });
});
