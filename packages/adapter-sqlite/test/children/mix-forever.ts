// Does everything that changes a conversation until it is killed: node mix-forever.ts <file> <seed>. Says every
// acknowledged entry that had a key as `conversation seq id`, one line a batch, as soon as its append has resolved.
// Erin is erased again and again, and a follower keeps its position in the feed.
import { writeSync } from "node:fs";
import type { Append } from "@earshot/core";
import { SeededRandom } from "@earshot/core/testing";
import { sqliteStore } from "../../src/index.ts";

const [file = "", seed = ""] = process.argv.slice(2);
const LANES = 4;
const BATCH_ENTRIES = 30;
const USERS = ["alice", "bob", "carol", "dave", "erin"];
const KEYS = ["👍", "❤", "constructor"];
const ALL = ["owner", "admin", "member", "reader"] as const;

const store = sqliteStore(file);
await store.open();

/** One conversation after another, each of this lane alone. */
async function lane(number: number): Promise<never> {
  const random = new SeededRandom(Number(seed) * 1_000 + number);
  const pick = <Value>(values: readonly Value[]) => values[random.below(values.length)] as Value;
  for (let life = 0; ; life++) {
    const c = `c${seed}-${number}-${life}`;
    await create(c);
    const messages: number[] = [];
    for (let batch = 0; batch < 40; batch++) {
      const about = await store.settings(c);
      if (about === null) throw new Error(`${c} is not there`);
      const entries = Array.from({ length: BATCH_ENTRIES }, (_, at) =>
        entry(c, `${c}-${batch}-${at}`, messages, { ...about, at }),
      );
      const [results] = await Promise.all([
        store.append(entries),
        store.raise(USERS.map((user) => ({ user, conversation: c, read: random.below(messages.length * 2 + 2) }))),
        store.put(pick(USERS), c, { marked: random.below(2) === 0, mute: random.below(2) === 0 }),
        store.ban(c, "mallory", random.below(2) === 0),
        // The logs of every other lane are whole.
        number % 2 === 0 ? store.expire(c, { messages: 100 }, random.below(60)) : null,
        store.erase(batch % 3 === 0 ? "erin" : "nobody", c),
        store.revoke(pick(USERS), random.below(100)),
        store.lease(`lease ${number}`, pick(USERS), random.below(3)),
      ]);
      const acked: string[] = [];
      for (const result of results) {
        if (result.kind !== "event") continue;
        if (result.row.type === "message") messages.push(result.row.seq);
        if (result.row.id !== undefined) acked.push(`${c} ${result.row.seq} ${result.row.id}`);
      }
      writeSync(1, `${acked.join(",")}\n`);
    }
    // Every other one stays.
    if (life % 2 === 1) await store.remove(c, "alice", ["owner"]);
  }

  function entry(
    conversation: string,
    id: string,
    messages: readonly number[],
    versions: { readonly membersVersion: number; readonly settingsVersion: number; readonly at: number },
  ): Append {
    const user = pick(USERS);
    const plain = { conversation, user, at: 1_000 + versions.at, by: ALL, key: { id, hash: id } };
    const re = messages.length === 0 ? null : pick(messages.slice(-20));
    const kind = random.below(20);
    // At most one of each in a batch: the second would be refused as stale.
    if (versions.at === 7) {
      const members = [[pick(USERS.slice(1)), pick([null, "member", "reader", "admin"] as const)]] as const;
      const { key: _, ...event } = { ...plain, user: "alice" };
      return { ...event, type: "member", body: { members }, members, ifMembersVersion: versions.membersVersion };
    }
    if (versions.at === 19) {
      const about = { title: `title ${id}`, pinned: messages.slice(-3), open: random.below(2) === 0 };
      const settings = { ...about, retention: pick([null, { messages: 100 }]) };
      const { key: _, ...event } = { ...plain, user: "alice" };
      return { ...event, type: "meta", body: settings, settings, ifSettingsVersion: versions.settingsVersion };
    }
    if (re === null || kind < 7) {
      const mentions = pick([undefined, "all", [pick(USERS), pick(USERS), "nobody"]] as const);
      const named = mentions === undefined ? {} : { mentions };
      return { ...plain, ...named, type: "message", body: { text: `${id} ${"x".repeat(random.below(3_000))}` } };
    }
    if (kind < 8) return { ...plain, type: "message", re, body: { text: id } };
    if (kind < 9)
      return { ...plain, user: pick(["host", user]), type: "message", body: { text: id }, by: [], system: true };
    if (kind < 11) return { ...plain, type: "edit", re, body: { text: `edit ${id}` }, target: { live: true } };
    if (kind < 12) return { ...plain, type: "delete", re, target: { authorOr: ALL } };
    if (kind < 18) {
      const reaction = { key: pick(KEYS), on: random.below(3) > 0 };
      return { ...plain, type: "react", re, body: reaction, reaction, target: { live: true } };
    }
    return { ...plain, type: "x-step", slot: pick(["mls", "call"]), body: {} };
  }
}

async function create(id: string): Promise<void> {
  const members = USERS.map((user, at) => [user, at === 0 ? "owner" : "member"] as const);
  await store.create({
    id,
    kind: "group",
    mode: "push",
    epoch: `e-${id}`,
    creator: "alice",
    at: 1,
    title: null,
    meta: null,
    open: false,
    wholeHistory: false,
    members,
    first: [{ type: "meta", body: { members } }],
  });
}

async function follow(): Promise<never> {
  for (let from = await store.position("follower"); ; ) {
    const { mark: to } = await store.feed(from, 50, 100_000);
    from = await store.position("follower", { from, to });
  }
}

await Promise.all([...Array.from({ length: LANES }, (_, number) => lane(number)), follow()]);
