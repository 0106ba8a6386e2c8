import type { ConversationId } from "@earshot/protocol";
import type { MessageStore } from "../../../ports/message-store.ts";
import type { FeedItem, FeedPage } from "../../../ports/pages.ts";
import { SeededRandom } from "../../seeded-random.ts";
import type { Runner } from "../runner.ts";
import type { WithStore } from "./adapter-under-test.ts";
import { conversation, message } from "./entries.ts";
import { expectMoved, logOf } from "./readings.ts";

const CONVERSATIONS = Array.from({ length: 9 }, (_, n) => `c${n}`);
const REMOVED = "c3";
const WRITERS = 12;
const TURNS = 10;
const READERS = [
  { rows: 1, bytes: 1e6 },
  { rows: 7, bytes: 1e6 },
  { rows: 100, bytes: 400 },
] as const;

/** What a follower has taken in. */
interface Followed {
  readonly heads: Map<ConversationId, number>;
  readonly gone: Set<ConversationId>;
}

/** A feed that is read while it is written. */
export function feedOrderCases({ describe, it, expect }: Runner, withStore: WithStore): void {
  describe("a feed that is read while others write", () => {
    it(
      "I5 I9: skips nothing, gives each log by seq, and says what was removed, in pages of any size",
      withStore(async (store) => {
        for (const c of CONVERSATIONS) await store.create(conversation(c));
        let writing = true;
        const readers = READERS.map(async (size) => {
          const followed: Followed = { heads: new Map(), gone: new Set() };
          let mark: string | null = null;
          for (let last = false; ; ) {
            const page: FeedPage = await store.feed(mark, size.rows, size.bytes);
            expect(size.rows + 1).toBeGreaterThan(page.items.length);
            for (const item of page.items) take(followed, item);
            if (page.more) expectMoved(mark, page.mark);
            ({ mark } = page);
            if (page.more) continue;
            if (last) return followed;
            // What was resolved before this moment has to come.
            last = !writing;
          }
        });
        await Promise.all(Array.from({ length: WRITERS }, (_, n) => write(store, n)));
        writing = false;
        for (const { heads, gone } of await Promise.all(readers)) {
          expect([...gone]).toEqual([REMOVED]);
          for (const c of CONVERSATIONS) {
            if (c !== REMOVED) expect(heads.get(c), c).toBe((await logOf(store, c)).head);
          }
        }
      }),
    );
  });

  /** An item may come again, but none after one that was not there. */
  function take({ heads, gone }: Followed, item: FeedItem): void {
    const { conversation: c } = item;
    expect(gone.has(c) && !("gone" in item), `${c} after it was gone`).toBe(false);
    if ("gone" in item) {
      gone.add(c);
      return;
    }
    const { seq } = item.row;
    const head = heads.get(c) ?? 0;
    expect(head + 2, `${c} from ${head} to ${seq}`).toBeGreaterThan(seq);
    heads.set(c, Math.max(head, seq));
  }
}

/** Batches into conversations by chance, each after the answer to the last; one of the writers removes one half way. */
async function write(store: MessageStore, writer: number): Promise<void> {
  const random = new SeededRandom(writer);
  for (let turn = 0; turn < TURNS; turn++) {
    if (writer === 0 && turn === TURNS / 2) await store.remove(REMOVED, "alice", ["owner"]);
    const batch = Array.from({ length: 1 + random.below(3) }, () => {
      const c = CONVERSATIONS[random.below(CONVERSATIONS.length)] ?? "";
      return message(c, writer % 2 ? "alice" : "bob", `${turn}`);
    });
    await store.append(batch);
  }
}
