import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { FeedItem, MessageStore } from "@earshot/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sqliteStore } from "../src/index.ts";
import { type Child, killed, startChild } from "./children/child.ts";
import { contradictionsIn } from "./contradictions.ts";

let directory = "";
let file = "";
let child: Child | null = null;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "earshot-mixed-"));
  file = join(directory, "chat.db");
});

afterEach(async () => {
  if (child !== null) await killed(child);
  rmSync(directory, { recursive: true });
});

describe("kill -9 in the middle of everything that changes a conversation", () => {
  it("I1 I4 I5 I14: rows, present state, counters, keys and feed agree, and everything acknowledged is at its seq (seeds 1 to 4)", async () => {
    for (const [seed, batches] of [
      [1, 40],
      [2, 250],
      [3, 90],
      [4, 400],
    ] as const) {
      child = startChild("mix-forever", [file, `${seed}`]);
      await child.said(batches);
      await killed(child);
      const acked = child.lines.flatMap((line) => line.split(",")).filter((entry) => entry !== "");

      const store = sqliteStore(file);
      await store.open();
      const all = await feedOf(store, null);
      const rest = await feedOf(store, await store.position("follower"));
      await store.close();
      expect(all.length, `seed ${seed}`).toBeGreaterThan(batches);
      expect(rest, `seed ${seed}`).toEqual(all.slice(all.length - rest.length));
      expect(contradictionsIn(file, ["erin"]), `seed ${seed}`).toEqual({});
      expect(lostOf(acked), `seed ${seed}`).toEqual([]);
    }
  }, 120_000);

  it("the search for contradictions finds each that is put in", async () => {
    child = startChild("mix-forever", [file, "5"]);
    await child.said(60);
    await killed(child);
    const store = sqliteStore(file);
    await store.open();
    await store.close();
    const whole = `${file}.whole`;
    copyFileSync(file, whole);
    for (const [name, sql] of BREAKS) {
      copyFileSync(whole, file);
      const database = new DatabaseSync(file);
      expect(Number(database.prepare(sql).run().changes), sql).toBeGreaterThan(0);
      database.close();
      expect(Object.keys(contradictionsIn(file, ["erin"])), sql).toContain(name);
    }
  }, 60_000);
});

const BREAKS: readonly (readonly [name: string, sql: string])[] = [
  ["a head that is not the log's", "UPDATE heads SET head = head + 1"],
  ["an ord that does not count the messages", "UPDATE events SET ord = ord + 1 WHERE seq % 50 = 5"],
  ["an event without its key, or with another's", "DELETE FROM keys WHERE seq % 50 = 12"],
  ["a key without its event", "UPDATE keys SET seq = seq + 1 WHERE seq % 50 = 12"],
  ["members miscounted", "UPDATE heads SET members = members + 1"],
  ["a member who is not as the log's last word of them", "UPDATE members SET rank = 3 - rank"],
  ["watermarks that are not possible", "UPDATE members SET read_ord = read_ord + 1"],
  ["settings changed other than by meta events", "UPDATE conversations SET title = 'another'"],
  ["a change that the store has not come to", "UPDATE store SET change = change - 1000"],
  ["a deletion that has taken too much or too little", "UPDATE events SET body = '{}' WHERE deleted = 1"],
  ["replies miscounted", "UPDATE message_states SET replies = replies + 1"],
  ["an edit that is not the last", "UPDATE message_states SET edited = edited - 1 WHERE edited IS NOT NULL"],
  ["reactions other than the last of each user and key", "DELETE FROM reactions"],
  ["reactions miscounted", "UPDATE reaction_counts SET count = count + 1"],
  ["a slot whose last event is another", "UPDATE slots SET last = last - 1"],
  ["a mention too many or too few", "UPDATE members SET read = 1"],
  ["a mention of all too many or too few", "DELETE FROM mentions_of_all"],
  ["a member who is banned", "UPDATE bans SET user = 'alice'"],
  [
    "something left of a removed conversation that nobody will take out",
    "UPDATE slots SET conversation = conversation + 1000",
  ],
  ["something left of what has expired that nobody will take out", "UPDATE message_states SET seq = 1 - seq"],
  ["an event that the feed does not have where it says", "UPDATE feed SET first = first + 1 WHERE first > 1"],
  ["a stretch of the feed that has no events, or does not follow on the one before", "UPDATE feed SET last = last - 1"],
  [
    "a removal that the feed does not tell, or that was none",
    "INSERT INTO feed SELECT max(change) + 1, min(conversation), 0, 0 FROM feed",
  ],
  ["a removed conversation that is not", "UPDATE conversations SET removed = 1"],
];

/** Every item above a mark. */
async function feedOf(store: MessageStore, after: string | null): Promise<readonly FeedItem[]> {
  const items: FeedItem[] = [];
  for (let mark = after; ; ) {
    const page = await store.feed(mark, 1_000, 1e6);
    items.push(...page.items);
    if (!page.more) return items;
    ({ mark } = page);
  }
}

/** Entries that were acknowledged, as `conversation seq id`, and are not there. Those of a conversation that was removed since are none. */
function lostOf(acked: readonly string[]): readonly string[] {
  const database = new DatabaseSync(file, { readOnly: true });
  const seqOf = database.prepare(`SELECT k.seq FROM conversations c JOIN keys k ON k.conversation = c.number
    WHERE c.id = ? AND k.id = ?`);
  const removed = database.prepare("SELECT 1 FROM conversations WHERE id = ? AND removed = 1");
  const lost = acked.filter((entry) => {
    const [c = "", seq, id = ""] = entry.split(" ");
    return removed.get(c) === undefined && Number(seqOf.get(c, id)?.["seq"]) !== Number(seq);
  });
  database.close();
  return lost;
}
