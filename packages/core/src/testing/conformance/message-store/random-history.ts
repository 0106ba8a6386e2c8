import type { EventRow, UserId } from "@earshot/protocol";
import type { Append } from "../../../ports/append.ts";
import type { MessageStore } from "../../../ports/message-store.ts";
import type { Span } from "../../../ports/pages.ts";
import { SeededRandom } from "../../seeded-random.ts";
import type { Runner } from "../runner.ts";
import type { WithStore } from "./adapter-under-test.ts";
import {
  AT,
  changeOfMembers,
  changeOfSettings,
  conversation,
  deletion,
  edit,
  message,
  reaction,
  wordOf,
} from "./entries.ts";
import { Model } from "./model.ts";
import { accessOf, feedOf, logOf, pageOf, presentOf, settingsOf } from "./readings.ts";

/** A failing one is seen again by its title: the seed decides everything. */
const SEEDS = [1, 2, 3, 4];
const STEPS = 60;
const WRITERS = ["alice", "bob", "carol"] as const;
const KEYS = ["👍", "❤", "🙈"] as const;

/** A log by chance against a model of it, after every batch. */
export function randomHistoryCases({ describe, it, expect }: Runner, withStore: WithStore): void {
  describe("a log by chance", () => {
    for (const seed of SEEDS) {
      it(
        `I1 I4 I17: stands in every view as its events say (seed ${seed})`,
        withStore(async (store) => {
          const random = new SeededRandom(seed);
          const model = new Model();
          const created = await store.create(conversation("c1", { open: true }));
          if (created.kind === "created") model.log.push(...created.rows);
          for (let step = 0; step < STEPS; step++) {
            await randomUpkeep(store, random, model, `step ${step}`);
            const batch = await randomBatch(store, random, model);
            for (const [n, result] of (await store.append(batch)).entries()) {
              const entry = batch[n];
              const live = entry?.target?.live && entry.re !== undefined;
              const gone = entry?.re !== undefined && entry.re < model.first;
              const expected = gone ? "no_target" : live && model.isDeleted(entry.re) ? "deleted" : null;
              if (expected !== null && wordOf(result) !== "not_found")
                expect(wordOf(result), `step ${step}`).toBe(expected);
              if (result.kind === "event") model.log.push(result.row);
            }
            await expectViews(store, model, random, `seed ${seed}, step ${step}`);
          }
          const fed = (await feedOf(store)).items.map((item) => ("row" in item ? item.row : null));
          expect(fed).toEqual(model.logView());
          // Chance has written something of everything.
          expect(model.first).toBeGreaterThan(1);
          const types = new Set(model.log.map(({ type }) => type));
          expect(types).toEqual(new Set(["meta", "message", "edit", "delete", "react", "member", "x-ping"]));
        }),
      );
    }
  });

  /** Sometimes the log's beginning goes, or what one of them wrote. */
  async function randomUpkeep(store: MessageStore, random: SeededRandom, model: Model, at: string): Promise<void> {
    const choice = random.float();
    if (choice < 0.08) {
      const rule = random.float() < 0.5 ? { messages: 4 + random.below(20) } : { before: AT + random.below(400) };
      const rows = 1 + random.below(12);
      expect(await store.expire("c1", rule, rows), at).toEqual(model.expire(rule, rows));
    } else if (choice < 0.14) {
      const user = [...WRITERS, "host"][random.below(4)] ?? "host";
      await store.erase(user, "c1");
      model.erase(user);
    }
    const { read } = await accessOf(store, "alice", "c1");
    if (random.float() >= 0.2) return;
    const [raised] = await store.raise([{ user: "alice", conversation: "c1", read: read + 1 + random.below(3) }]);
    if (raised?.rose) model.readUpTo("alice", raised.read);
  }

  async function expectViews(store: MessageStore, model: Model, random: SeededRandom, at: string): Promise<void> {
    expect((await logOf(store, "c1")).rows, at).toEqual(model.logView());
    expect((await presentOf(store, "c1")).rows, at).toEqual(model.presentView(null));
    for (const reader of WRITERS) {
      const spans = model.spans(reader, reader !== "carol");
      const [access] = await store.access([{ user: reader, conversation: "c1" }]);
      expect(access?.spans ?? null, `${at}, spans of ${reader}`).toEqual(spans);
      if (spans === null) {
        expect(await store.row(reader, "c1"), at).toBe(null);
        continue;
      }
      const present = model.presentView(reader).filter(within(spans));
      expect((await presentOf(store, "c1", reader)).rows, `${at}, ${reader}`).toEqual(present);
      expect((await logOf(store, "c1", reader)).rows, `${at}, ${reader}`).toEqual(
        model.logView().filter(within(spans)),
      );
      const row = await store.row(reader, "c1");
      const { unread, mentions } = model.unread(reader, Math.max(access?.read ?? 0, model.readOfGone.get(reader) ?? 0));
      expect([row?.unread, row?.mentions, row?.head], `${at}, row of ${reader}`).toEqual([
        unread,
        mentions,
        model.log.length,
      ]);
      expect(row?.last ?? null, `${at}, last of ${reader}`).toEqual(
        present.findLast(({ type }) => type === "message") ?? null,
      );
      await expectPage(store, present, reader, random, at);
    }
  }

  /** A page somewhere, of some size: `present` is everything that its reader may have. */
  async function expectPage(
    store: MessageStore,
    present: readonly EventRow[],
    reader: UserId,
    random: SeededRandom,
    at: string,
  ): Promise<void> {
    const head = present.at(-1)?.seq ?? 0;
    const around = random.below(head + 2);
    const rows = 1 + random.below(8);
    const page = await pageOf(store, { conversation: "c1", view: "present", reader, from: around, rows, bytes: 1e9 });
    const middle = present.filter(({ seq }) => seq < around).length;
    const below = Math.min(middle, Math.max(Math.floor(rows / 2), rows - (present.length - middle)));
    const first = middle - below;
    const where = `${at}, ${rows} rows around ${around} of ${reader}`;
    expect(page.rows, where).toEqual(present.slice(first, first + rows));
    expect([page.older, page.newer], where).toEqual([first > 0, first + rows < present.length]);
  }
}

function within(spans: readonly Span[]): (row: EventRow) => boolean {
  return ({ seq }) => spans.some(([from, to]) => seq >= from && (to === null || seq <= to));
}

async function randomBatch(store: MessageStore, random: SeededRandom, model: Model): Promise<readonly Append[]> {
  const head = model.log.length;
  const { membersVersion, settingsVersion } = await settingsOf(store, "c1");
  const choice = random.float();
  if (choice < 0.05) return [changeOfSettings("c1", "alice", { pinned: [head] }, settingsVersion)];
  if (choice < 0.2) {
    const user = WRITERS[1 + random.below(2)] ?? "bob";
    return [
      message("c1", user, "before"),
      changeOfMembers("c1", "alice", [[user, random.float() < 0.4 ? null : "member"]], membersVersion),
      message("c1", user, "after"),
    ];
  }
  // Messages of before, what the batch itself may write, and what is none.
  const messages = model.log.filter(({ type }) => type === "message").slice(-6);
  const targets = [...messages.map(({ seq }) => seq), head, head + 1, head + 2];
  return Array.from({ length: 1 + random.below(4) }, () => randomEntry(random, targets));
}

/** By somebody, about one of `targets`, which may be no message or lie beyond the head: then it is refused. */
function randomEntry(random: SeededRandom, targets: readonly number[]): Append {
  const user = WRITERS[random.below(WRITERS.length)] ?? "alice";
  const re = targets[random.below(targets.length)] ?? 1;
  const key = KEYS[random.below(KEYS.length)] ?? "";
  const text = `${random.below(1_000)}`;
  const at = AT + random.below(1_000);
  switch (random.below(9)) {
    case 0:
    case 1:
      return message("c1", user, text, { at, ...(random.float() < 0.3 ? { mentions: "all" } : { mentions: ["bob"] }) });
    case 2:
      return message("c1", user, text, { at, re, mentions: ["alice", "carol"] });
    case 3:
      return edit("c1", user, re, text, { target: { live: true } });
    case 4:
      return deletion("c1", user, re, { target: {} });
    case 5:
      return message("c1", "host", text, { at, mentions: ["bob", "alice"], system: true });
    case 6:
      return message("c1", user, text, { type: "x-ping" });
    default:
      return reaction("c1", user, re, key, random.float() < 0.6);
  }
}
