import { randomBytes } from "node:crypto";
import { bucketOf } from "../keys.ts";
import { takeLease } from "./claims.ts";
import { indexUsers } from "./index-users.ts";
import { readConversations } from "./read-lists.ts";
import { readMembers } from "./read-members.ts";
import type { StoreLink } from "./store-link.ts";

const LEASE = "earshot:index";
const LEASE_MS = 60_000;
const CONVERSATIONS_MAX = 200;
const MEMBERS_MAX = 1_000;

/**
 * Notes again what is whose, for users of buckets that were put back to an earlier moment: what was noted since is
 * lost there, while the conversations themselves may stand in other buckets, which lost nothing. One node does it, and
 * who comes next if it does not come to the end. Stops early once `stopped`.
 */
export async function repairIndexes(link: StoreLink, stopped: () => boolean): Promise<void> {
  const lives = await unrepaired(link);
  if (lives.size === 0) return;
  const name = randomBytes(6).toString("hex");
  if (!(await takeLease(link, LEASE, name, LEASE_MS))) return;
  link.noted.clear();
  try {
    for (let after: string | null = null; ; ) {
      const page: Awaited<ReturnType<typeof readConversations>> = await readConversations(
        link,
        after,
        CONVERSATIONS_MAX,
      );
      for (const { conversation } of page) {
        if (stopped() || !(await takeLease(link, LEASE, name, LEASE_MS))) return;
        await noteMembers(link, conversation, lives);
      }
      after = page.at(-1)?.conversation ?? null;
      if (after === null) break;
    }
    for (const [bucket, life] of lives) await link.call("HSET", link.keys.bucket(bucket), "i", life);
  } finally {
    await takeLease(link, LEASE, name, 0);
  }
}

/** Buckets in another life than the one that their users' indexes were made whole for, with that life. */
async function unrepaired(link: StoreLink): Promise<ReadonlyMap<number, string>> {
  const later = link.clocks.laterLives();
  const repaired = await Promise.all(later.map(([bucket]) => link.call("HGET", link.keys.bucket(bucket), "i")));
  return new Map(later.filter(([, life], n) => repaired[n] !== life));
}

async function noteMembers(link: StoreLink, conversation: string, lives: ReadonlyMap<number, string>): Promise<void> {
  for (let cursor: string | null = null; ; ) {
    const page: Awaited<ReturnType<typeof readMembers>> = await readMembers(link, conversation, cursor, MEMBERS_MAX);
    const users = (page?.members ?? []).map(([user]) => user).filter((user) => lives.has(bucketOf(user)));
    await indexUsers(
      link,
      users.map((user) => ({ user, conversation })),
    );
    if (page === null || !page.more) return;
    ({ cursor } = page);
  }
}
