import type { NewConversation } from "@earshot/core";
import type { StoreLink } from "./store-link.ts";

/** What is known of two users. */
export interface PairRecord {
  /** Their direct, "" where there is none. */
  readonly id: string;
  /** "1": one has blocked the other. */
  readonly blocked: string;
  /** Of what `blocked` says: it rises with every change. */
  readonly version: string;
}

/** The two users of a direct, the same whoever creates it; null for other kinds. */
export function pairOf({ kind, members }: Pick<NewConversation, "kind" | "members">): string | null {
  const [one, other] = members.map(([user]) => user);
  return kind === "direct" && one !== undefined && other !== undefined ? pairName(one, other) : null;
}

/** No id holds a space. */
function pairName(one: string, other: string): string {
  return [one, other].sort().join(" ");
}

/** Says that the pair's direct is `id`, if it was `said` ("": none). Gives what it is then. */
export async function claimPair(link: StoreLink, pair: string, said: string, id: string): Promise<PairRecord> {
  return pairRecord(await link.run("claimPair", [link.keys.pair(pair)], [said, id]));
}

/** Blocks or lifts a block between two, by `user` or by both, and tells their direct. */
export async function blockPair(
  link: StoreLink,
  user: string,
  other: string,
  { blocked, both = false }: { readonly blocked: boolean; readonly both?: boolean },
): Promise<void> {
  const { keys } = link;
  const pair = pairName(user, other);
  const sides = both ? "12" : pair.startsWith(`${user} `) ? "1" : "2";
  const told = pairRecord(await link.run("blockPair", [keys.pair(pair)], [sides, blocked ? "1" : "0"]));
  if (told.id !== "") await link.run("blockDirect", [keys.conversation(told.id)], [told.blocked, told.version]);
}

/** Whether one of each pair has blocked the other. */
export async function areBlocked(
  link: StoreLink,
  user: string,
  others: readonly string[],
): Promise<readonly boolean[]> {
  const { keys } = link;
  return Promise.all(
    others.map(async (other) => {
      const sides = await link.call("HMGET", keys.pair(pairName(user, other)), "1", "2");
      return (sides as readonly (string | null)[]).some((side) => side !== null);
    }),
  );
}

function pairRecord(answer: unknown): PairRecord {
  const [id = "", blocked, version] = answer as readonly (string | number)[];
  return { id: String(id), blocked: String(blocked), version: String(version) };
}
