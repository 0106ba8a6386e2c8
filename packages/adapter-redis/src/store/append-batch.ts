import type { Append, AppendResult, RefusalCode } from "@earshot/core";
import type { EventRow, Mode } from "@earshot/protocol";
import { bucketOf } from "../keys.ts";
import { ranksOf, termsText } from "./entry-terms.ts";
import { eventTail } from "./event-text.ts";
import { indexUsers } from "./index-users.ts";
import type { Group, StoreLink } from "./store-link.ts";

/** As `MessageStore.append`. */
export async function appendBatch(link: StoreLink, batch: readonly Append[]): Promise<readonly AppendResult[]> {
  await indexUsers(link, batch.flatMap(newcomers));
  const results: AppendResult[] = [];
  const groups = link.groups(batch, ({ conversation }) => bucketOf(conversation));
  // One after the other, so that what is behind a call that failed is not written before it.
  const lanes = Map.groupBy(groups, ({ lane }) => lane);
  await Promise.all(
    Array.from(lanes.values(), async (lane) => {
      for (const group of lane) {
        const answers = await appendGroup(link, group);
        for (const [n, place] of group.places.entries()) {
          results[place] = resultOf(batch[place] as Append, answers[n] ?? "");
        }
      }
    }),
  );
  return results;
}

/** Who may come to have the conversation by this entry. */
function newcomers({ conversation, user, members, system, lookup }: Append) {
  if (lookup) return [];
  const users = (members ?? []).filter(([, role]) => role !== null).map(([member]) => member);
  return (system ? [...users, user] : users).map((each) => ({ user: each, conversation }));
}

async function appendGroup(link: StoreLink, { buckets, items }: Group<Append>): Promise<readonly string[]> {
  const { keys, clocks } = link;
  const authors = new Map(items.map(({ conversation, user }) => [conversation, user]));
  const conversations = [...authors.keys()];
  const places = new Map(conversations.map((id, n) => [id, String(n + 1)]));
  const ofBuckets = new Map(buckets.map((bucket, n) => [bucket, String(n + 1)]));
  const [life = "", ...seen] = link.witnessed(buckets);
  const args = [life, String(buckets.length), ...seen, String(conversations.length)];
  for (const [id, author] of authors) args.push(ofBuckets.get(bucketOf(id)) ?? "", id, author);
  for (const entry of items) {
    const { conversation, key, by } = entry;
    args.push(places.get(conversation) ?? "", key?.hash ?? "", ranksOf(by), termsText(entry), eventTail(entry));
  }
  const named = [
    ...buckets.flatMap((bucket) => [keys.bucket(bucket), keys.feed(bucket)]),
    ...conversations.flatMap((id) => [keys.conversation(id), keys.log(id), keys.index(id), keys.messages(id)]),
  ];
  const answers = (await link.run("append", named, args)) as readonly string[];
  for (const [n, bucket] of buckets.entries()) clocks.hear(bucket, answers[items.length + n]);
  return answers;
}

function resultOf(entry: Append, answer: string): AppendResult {
  const [kind, ...words] = answer.split(" ");
  if (kind === "e") {
    const [seq, ord, mode, membersVersion, epoch = ""] = words;
    const row = rowOf(entry, Number(seq), Number(ord));
    return { kind: "event", epoch, row, mode: mode as Mode, membersVersion: Number(membersVersion) };
  }
  if (kind === "d") {
    const [seq, ord, at, rewritten, epoch = ""] = words;
    const told = { seq: Number(seq), ord: Number(ord), at: Number(at) };
    return { kind: "duplicate", epoch, ...told, ...(rewritten === "1" ? { rewritten: true } : {}) };
  }
  const [code, number] = words;
  if (code === "slot") return { kind: "refused", code, last: Number(number) };
  if (code === "too_soon") return { kind: "refused", code, retryAfterMs: Number(number) };
  return { kind: "refused", code: code as RefusalCode };
}

function rowOf({ type, key, user, at, body, re, mentions, slot }: Append, seq: number, ord: number): EventRow {
  return {
    seq,
    ord,
    type,
    ...(key === undefined ? {} : { id: key.id }),
    from: user,
    at,
    ...(body === undefined ? {} : { body }),
    ...(re === undefined ? {} : { re }),
    ...(mentions === undefined ? {} : { mentions }),
    ...(slot === undefined ? {} : { slot }),
  };
}
