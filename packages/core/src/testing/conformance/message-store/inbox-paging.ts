import type { ConversationId, GoneRow, InboxRow } from "@earshot/protocol";
import type { MessageStore } from "../../../ports/message-store.ts";
import { SeededRandom } from "../../seeded-random.ts";
import type { Runner } from "../runner.ts";
import type { WithStore } from "./adapter-under-test.ts";
import { appendEvent, changeMembers, conversation, EVERYBODY, message } from "./entries.ts";

const CONVERSATIONS = Array.from({ length: 12 }, (_, n) => `c${n}`);
const SEEDS = [1, 2, 3, 4, 5, 6];
const ROUNDS = 5;

/** A reader who pages while others write ends with the truth. */
export function inboxPagingCases({ describe, it, expect }: Runner, withStore: WithStore): void {
  describe("inbox paging", () => {
    it(
      "from null comes newest first, each row once, in pages of the limit",
      withStore(async (store) => {
        for (const c of CONVERSATIONS) await store.create(conversation(c));
        for (const c of ["c3", "c7", "c0"]) await appendEvent(store, message(c, "alice", "hi"));
        const newestFirst = [
          "c0",
          "c7",
          "c3",
          ...CONVERSATIONS.toReversed().filter((c) => !["c0", "c7", "c3"].includes(c)),
        ];
        for (const limit of [1, 5, 12, 100]) {
          const read: ConversationId[] = [];
          let cursor: string | null = null;
          for (let more = true; more; ) {
            const page = await store.inbox("bob", cursor, limit);
            expect(limit + 1).toBeGreaterThan(page.rows.length);
            read.push(...page.rows.map(({ c }) => c));
            ({ cursor, more } = page);
          }
          expect(read, `limit ${limit}`).toEqual(newestFirst);
        }
      }),
    );

    for (const seed of SEEDS) {
      it(
        `I9: no row is skipped while the inbox changes between the pages (seed ${seed})`,
        withStore(async (store) => {
          const random = new SeededRandom(seed);
          for (const c of CONVERSATIONS) await store.create(conversation(c));
          const seen = new Map<ConversationId, InboxRow>();
          let cursor: string | null = null;
          for (let round = 0; round < ROUNDS; round++) {
            const quietFrom = random.below(6);
            let more = true;
            for (let page = 0; more; page++) {
              const limit = 1 + random.below(4);
              const read = await store.inbox("bob", cursor, limit);
              for (const row of read.rows) apply(seen, row);
              ({ cursor, more } = read);
              if (more && page < quietFrom) await changeSomething(store, random);
            }
            await expectTruth(store, seen);
            for (let n = random.below(8); n > 0; n--) await changeSomething(store, random);
          }
        }),
      );
    }
  });

  /** `more` was false, and nothing has changed since that page: what was read is what is. */
  async function expectTruth(store: MessageStore, seen: ReadonlyMap<ConversationId, InboxRow>): Promise<void> {
    for (const c of CONVERSATIONS) expect(seen.get(c) ?? null, c).toEqual(await store.row("bob", c));
  }
}

function apply(seen: Map<ConversationId, InboxRow>, row: InboxRow | GoneRow): void {
  if ("gone" in row) seen.delete(row.c);
  else seen.set(row.c, row);
}

async function changeSomething(store: MessageStore, random: SeededRandom): Promise<void> {
  const c = CONVERSATIONS[random.below(CONVERSATIONS.length)] ?? "";
  const member = (await store.row("bob", c)) !== null;
  const choice = random.float();
  if (choice < 0.6) await appendEvent(store, message(c, "alice", `${random.float()}`));
  else if (member && choice < 0.7) await appendEvent(store, message(c, "bob", `${random.float()}`, { by: EVERYBODY }));
  else
    await changeMembers(store, c, "alice", [
      ["bob", member && choice < 0.9 ? null : choice < 0.95 ? "member" : "reader"],
    ]);
}
