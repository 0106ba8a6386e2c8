import { blockPair } from "./pairs.ts";
import type { StoreLink } from "./store-link.ts";

/** As `MessageStore.block`. Who is named in whose blocks is written first: a repeat finishes what was begun. */
export async function block(link: StoreLink, user: string, other: string, blocked: boolean): Promise<void> {
  const { keys } = link;
  if (blocked) {
    await Promise.all([link.call("SADD", keys.blocks(user), other), link.call("SADD", keys.blocks(other), user)]);
  }
  await blockPair(link, user, other, { blocked });
}

/** Lifts what a user has blocked, and who has blocked them. */
export async function eraseBlocks(link: StoreLink, user: string): Promise<void> {
  const { keys } = link;
  const others = (await link.call("SMEMBERS", keys.blocks(user))) as Iterable<string>;
  for (const other of others) {
    await blockPair(link, user, other, { blocked: false, both: true });
    await link.call("SREM", keys.blocks(other), user);
    await link.call("SREM", keys.blocks(user), other);
  }
}
