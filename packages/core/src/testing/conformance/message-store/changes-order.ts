import type { ConversationId } from "@earshot/protocol";
import type { MessageStore } from "../../../ports/message-store.ts";
import type { ChangePage } from "../../../ports/pages.ts";
import { SeededRandom } from "../../seeded-random.ts";
import type { Runner } from "../runner.ts";
import type { WithStore } from "./adapter-under-test.ts";
import { conversation, message } from "./entries.ts";
import { accessOf, changesOf, expectMoved, expectOnce } from "./readings.ts";

const CONVERSATIONS = Array.from({ length: 9 }, (_, n) => `c${n}`);
const REMOVED = "c3";
const WRITERS = 12;
const TURNS = 10;
const LIMITS = [1, 4, 100] as const;

/** What a reader was told last of each conversation: its head, 0 where it is gone. */
type Told = Map<ConversationId, number>;

/** Changes that are read while others write. */
export function changesOrderCases({ describe, it, expect }: Runner, withStore: WithStore): void {
  describe("changes that are read while others write", () => {
    it(
      "I9 I12: skip nothing, in pages of any size: each conversation is told as it stands in the end",
      withStore(async (store, { beside }) => {
        const handles = [store, ...(beside === undefined ? [] : [beside(), beside()])];
        await Promise.all(handles.slice(1).map((handle) => handle.open()));
        try {
          for (const c of CONVERSATIONS) await store.create(conversation(c));
          const begin = await store.feedEnd();
          let writing = true;
          const readers = LIMITS.map((limit, n) => {
            const handle = handles[n % handles.length] ?? store;
            return follow(handle, begin, limit, () => writing);
          });
          const writers = Array.from({ length: WRITERS }, (_, n) => write(handles[n % handles.length] ?? store, n));
          const written = Promise.all(writers).finally(() => {
            writing = false;
          });
          // Together: whichever fails first is what is told.
          const [turns, ...all] = await Promise.all([written, ...readers]);
          for (const told of all) {
            expect([...told.keys()].sort()).toEqual([...CONVERSATIONS]);
            expect(told.get(REMOVED)).toBe(0);
            for (const c of CONVERSATIONS) {
              if (c !== REMOVED) expect(told.get(c), c).toBe((await accessOf(store, "alice", c)).head);
            }
          }
          // Each was told of what it had just been answered, from where the feed had ended before.
          expect(turns.flat().filter(({ found }) => !found)).toEqual([]);
          expect(turns.flat().length).toBe(WRITERS * TURNS);
        } finally {
          for (const handle of handles.slice(1)) await handle.close();
        }
      }),
    );
  });
}

/** Reads page by page until nothing is left after the last write was answered. */
async function follow(store: MessageStore, from: string, limit: number, writing: () => boolean): Promise<Told> {
  const told: Told = new Map();
  let mark = from;
  for (let last = false; ; ) {
    const page: ChangePage = await store.changes(mark, limit);
    expectOnce(page, limit);
    for (const change of page.changes) take(told, change.conversation, "gone" in change ? 0 : change.head);
    if (page.more) expectMoved(mark, page.mark);
    ({ mark } = page);
    if (page.more) continue;
    if (last) return told;
    last = !writing();
  }
}

/** I12: no head falls, and nothing comes back. */
function take(told: Told, c: ConversationId, head: number): void {
  const before = told.get(c);
  if (before === 0 && head > 0) throw new Error(`${c} stands at ${head} after it was gone`);
  if (head > 0 && before !== undefined && head < before) throw new Error(`${c} fell from ${before} to ${head}`);
  told.set(c, head);
}

/** Batches into conversations by chance; after each, whether changes since before it tell of it. One of the writers removes a conversation half way. */
async function write(store: MessageStore, writer: number): Promise<readonly { readonly found: boolean }[]> {
  const random = new SeededRandom(writer);
  const turns: { readonly found: boolean }[] = [];
  for (let turn = 0; turn < TURNS; turn++) {
    if (writer === 0 && turn === TURNS / 2) await store.remove(REMOVED, "alice", ["owner"]);
    const before = await store.feedEnd();
    const batch = Array.from({ length: 1 + random.below(3) }, () => {
      const c = CONVERSATIONS[random.below(CONVERSATIONS.length)] ?? "";
      return message(c, writer % 2 ? "alice" : "bob", `${turn}`);
    });
    const results = await store.append(batch);
    const { changes } = await changesOf(store, before, 1 + random.below(20));
    const told: Told = new Map(changes.map((each) => [each.conversation, "gone" in each ? 0 : each.head]));
    const found = results.every((result, n) => {
      if (result.kind !== "event") return true;
      const head = told.get(batch[n]?.conversation ?? "");
      return head !== undefined && (head === 0 || head >= result.row.seq);
    });
    turns.push({ found });
  }
  return turns;
}
