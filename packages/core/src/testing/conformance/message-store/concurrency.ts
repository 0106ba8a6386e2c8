import type { MessageStore } from "../../../ports/message-store.ts";
import { SeededRandom } from "../../seeded-random.ts";
import type { Runner } from "../runner.ts";
import type { WithStore } from "./adapter-under-test.ts";
import { appendEvent, changeMembers, changeOfMembers, conversation, message, unique, wordOf } from "./entries.ts";
import { accessOf, logOf, ROOM } from "./readings.ts";

const CALLERS = 24;
const TURNS = 8;

/** What must hold when many callers use one store at once. */
export function concurrencyCases({ describe, it, expect }: Runner, withStore: WithStore): void {
  describe("many callers at once", () => {
    it(
      "I5 I10 I11: appends of many callers make one log without a hole, in the order in which each was answered",
      withStore(async (store) => {
        const conversations = ["c1", "c2", "c3"];
        for (const c of conversations) await store.create(conversation(c));
        const seen = await Promise.all(
          Array.from({ length: CALLERS }, (_, caller) => appendInTurns(store, conversations, caller)),
        );
        for (const c of conversations) {
          const { rows, head, ord } = await logOf(store, c);
          expect(rows.map(({ seq }) => seq)).toEqual(Array.from({ length: head }, (_, at) => at + 1));
          expect(ord).toBe(head - 1);
          for (const caller of seen) {
            const own = caller.filter((each) => each.c === c);
            // One who was answered before asking again stands earlier.
            expect(own.map(({ seq }) => seq)).toEqual(own.map(({ seq }) => seq).sort((a, b) => a - b));
            for (const { seq, text } of own) expect(rows[seq - 1]?.body?.["text"]).toBe(text);
          }
        }
        expect(seen.flat().length).toBe(CALLERS * TURNS * 3);
      }),
    );

    it(
      "I4: of one key sent by many callers at once exactly one is an event",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        const entry = message("c1", "alice", "hi");
        const results = (await Promise.all(Array.from({ length: CALLERS }, () => store.append([entry])))).flat();
        expect(results.map(wordOf).filter((word) => word === "event").length).toBe(1);
        const seqs = results.map((result) =>
          result.kind === "event" ? result.row.seq : "seq" in result && result.seq,
        );
        expect(new Set(seqs)).toEqual(new Set([2]));
        expect((await logOf(store, "c1")).head).toBe(2);
      }),
    );

    it(
      "of two changes from one version of the members one is stale",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        const { membersVersion } = await accessOf(store, "alice", "c1");
        const results = await Promise.all(
          ["carol", "dave"].map((user) =>
            store.append([changeOfMembers("c1", "alice", [[user, "member"]], membersVersion)]),
          ),
        );
        expect(results.flat().map(wordOf).sort()).toEqual(["event", "stale"]);
        const after = await accessOf(store, "alice", "c1");
        expect([after.members, after.membersVersion]).toEqual([3, membersVersion + 1]);
      }),
    );

    it(
      "I17: nothing of a removed member is numbered after the removal",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        const { membersVersion } = await accessOf(store, "alice", "c1");
        const sends = Array.from({ length: CALLERS }, (_, n) => message("c1", "bob", `${n}`));
        const removal = changeOfMembers("c1", "alice", [["bob", null]], membersVersion);
        const half = CALLERS / 2;
        const [before, [removed], after] = await Promise.all([
          Promise.all(sends.slice(0, half).map((entry) => store.append([entry]))),
          store.append([removal]),
          Promise.all(sends.slice(half).map((entry) => store.append([entry]))),
        ]);
        const end = removed?.kind === "event" ? removed.row.seq : 0;
        for (const result of [...before, ...after].flat()) {
          if (result.kind === "event") expect(end).toBeGreaterThan(result.row.seq);
          else expect(wordOf(result)).toBe("not_found");
        }
        // The same within one batch, where the order is known.
        const [gone, late] = await store.append([message("c1", "alice", "still here"), message("c1", "bob", "late")]);
        expect([gone, late].map((result) => result && wordOf(result))).toEqual(["event", "not_found"]);
      }),
    );

    it(
      "I12: a head that access or range gives is never older than an append that has resolved",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        for (let n = 0; n < 20; n++) {
          const { row } = await appendEvent(store, message("c1", "alice", `${n}`));
          const [access, page] = await Promise.all([
            accessOf(store, "bob", "c1"),
            store.range({
              conversation: "c1",
              view: "log",
              after: row.seq - 1,
              from: "oldest",
              rows: 10,
              bytes: 1_000,
            }),
          ]);
          expect([access.head, access.ord]).toEqual([row.seq, row.ord]);
          expect(page?.rows).toEqual([row]);
        }
      }),
    );

    it(
      "I17: a page's rows, spans and head are of one moment, while its reader comes and goes",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        const comeAndGo = async () => {
          for (let n = 0; n < CALLERS; n++) {
            await changeMembers(store, "c1", "alice", [["bob", n % 2 === 0 ? null : "member"]]);
            await store.append([message("c1", "alice", `${n}`), message("c1", "alice", `${n}`)]);
          }
        };
        let going = true;
        const read = async (from: "oldest" | "newest") => {
          let pages = 0;
          while (going) {
            const page = await store.range({ conversation: "c1", view: "log", reader: "bob", from, ...ROOM });
            if (page === null) continue;
            pages += 1;
            const may = page.spans.flatMap(([first, last]) => {
              const count = (last ?? page.head) - first + 1;
              return Array.from({ length: count }, (_, n) => first + n);
            });
            expect(page.rows.map(({ seq }) => seq)).toEqual(may);
            expect(page.spans.at(-1)?.[1]).toBe(null);
          }
          return pages;
        };
        const reading = [read("oldest"), read("newest")];
        await comeAndGo();
        going = false;
        expect(Math.min(...(await Promise.all(reading)))).toBeGreaterThan(0);
      }),
    );
  });
}

interface Answered {
  readonly c: string;
  readonly seq: number;
  readonly text: string;
}

/** One caller: batches of three entries into conversations of its choice, each after the answer to the last. */
async function appendInTurns(
  store: MessageStore,
  conversations: readonly string[],
  caller: number,
): Promise<Answered[]> {
  const random = new SeededRandom(caller);
  const answered: Answered[] = [];
  for (let turn = 0; turn < TURNS; turn++) {
    const batch = Array.from({ length: 3 }, () => {
      const c = conversations[random.below(conversations.length)] ?? "";
      return { c, text: unique(`${caller}/`) };
    });
    const results = await store.append(batch.map(({ c, text }) => message(c, caller % 2 ? "alice" : "bob", text)));
    for (const [at, result] of results.entries()) {
      const given = batch[at];
      if (result.kind === "event" && given) answered.push({ ...given, seq: result.row.seq });
    }
  }
  return answered;
}
