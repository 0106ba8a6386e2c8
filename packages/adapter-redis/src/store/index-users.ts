import { bucketOf } from "../keys.ts";
import type { StoreLink } from "./store-link.ts";

/** A user of whom a conversation may become one. */
export interface Indexed {
  readonly user: string;
  readonly conversation: string;
}

/** Users whose indexes are written in one step. */
const USERS_MAX = 1_000;

/**
 * Notes in users' own indexes that conversations may be theirs, before they are: so a crash in between leaves one
 * note too many, which readers pass over, and never one too few. Nothing is ever taken out of an index.
 */
export async function indexUsers(link: StoreLink, indexed: readonly Indexed[]): Promise<void> {
  const unknown = indexed.filter(({ user, conversation }) => !link.noted.has(user, conversation));
  if (unknown.length === 0) return;
  const { keys } = link;
  const calls: Promise<unknown>[] = [];
  for (const [conversation, some] of Map.groupBy(unknown, (each) => each.conversation)) {
    const users = new Set(some.map(({ user }) => user));
    for (const [bucket, here] of Map.groupBy(users, bucketOf)) {
      for (let from = 0; from < here.length; from += USERS_MAX) {
        const named = here.slice(from, from + USERS_MAX).map((user) => keys.inbox(user));
        calls.push(link.run("indexUsers", [keys.bucket(bucket), ...named], [conversation]));
      }
    }
  }
  await Promise.all(calls);
  for (const { user, conversation } of unknown) link.noted.add(user, conversation);
}
