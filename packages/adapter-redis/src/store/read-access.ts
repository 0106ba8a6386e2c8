import type { Access } from "@earshot/core";
import { bucketOf } from "../keys.ts";
import { type ConversationRecord, conversationRecord, type MemberRecord, memberRecord, spansOf } from "./records.ts";
import type { StoreLink } from "./store-link.ts";

/** A conversation, and a user in it. */
export interface Pair {
  readonly conversation: string;
  /** "": nobody. */
  readonly user: string;
}

/** Where a conversation stands; `member`: null for who never was one. */
export interface Standing {
  readonly conversation: ConversationRecord;
  readonly member: MemberRecord | null;
}

/** As `MessageStore.access`. */
export async function readAccess(link: StoreLink, pairs: readonly Pair[]): Promise<readonly (Access | null)[]> {
  return (await readStandings(link, pairs)).map((standing) => {
    const member = standing?.member ?? null;
    if (standing === null || member === null || member.role === null) return null;
    const { kind, mode, epoch, head, ord, members, membersVersion } = standing.conversation;
    const { role, delivered, read } = member;
    const spans = spansOf(member, standing.conversation);
    return { role, spans, kind, mode, epoch, head, ord, delivered, read, members, membersVersion };
  });
}

/** In the order asked; null: no such conversation. */
export async function readStandings(link: StoreLink, pairs: readonly Pair[]): Promise<readonly (Standing | null)[]> {
  const { keys, clocks } = link;
  const standings = new Array<Standing | null>(pairs.length).fill(null);
  await Promise.all(
    link
      .groups(pairs, ({ conversation }) => bucketOf(conversation))
      .map(async ({ buckets, items, places }) => {
        const [life = "", ...seen] = link.witnessed(buckets);
        const answers = (await link.run(
          "access",
          [
            ...buckets.map((bucket) => keys.bucket(bucket)),
            ...items.map(({ conversation }) => keys.conversation(conversation)),
          ],
          [life, String(buckets.length), ...seen, ...items.map(({ user }) => user)],
        )) as readonly unknown[];
        const moments = new Map(buckets.map((bucket, n) => [bucket, clocks.hear(bucket, answers[items.length + n])]));
        for (const [n, place] of places.entries()) {
          const moment = moments.get(bucketOf(items[n]?.conversation ?? ""));
          const answer = answers[n] as readonly [head: string, seldom: string, record: string | null] | null;
          if (answer === null || moment === undefined) continue;
          const [head, seldom, record] = answer;
          const member = record ? memberRecord(record) : null;
          standings[place] = { conversation: conversationRecord(head, seldom, moment), member };
        }
      }),
  );
  return standings;
}
