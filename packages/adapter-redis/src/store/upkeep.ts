import type { Expired, Removed } from "@earshot/core";
import type { Role } from "@earshot/protocol";
import { bucketOf } from "../keys.ts";
import { ranksOf } from "./entry-terms.ts";
import { claimPair } from "./pairs.ts";
import type { StoreLink } from "./store-link.ts";

/** Events looked at in one step: what waits for it waits for milliseconds. */
const STEP_EVENTS = 500;

/** As `MessageStore.expire`. */
export async function expireBeginning(
  { keys, run }: Pick<StoreLink, "keys" | "run">,
  id: string,
  { before = "", messages = "" }: { readonly before?: number | ""; readonly messages?: number | "" },
  rows: number,
): Promise<Expired | null> {
  const bucket = bucketOf(id);
  const named = [keys.conversation(id), keys.log(id), keys.index(id), keys.messages(id)];
  const answer = await run(
    "expire",
    [keys.bucket(bucket), keys.feed(bucket), ...named],
    [String(before), String(messages), String(Math.min(rows, STEP_EVENTS))],
  );
  if (answer === null) return null;
  const [from, more] = answer as readonly [string, number];
  return { from: Number(from), more: more === 1 };
}

/** Takes what a user wrote out of a conversation, in steps; what they write meanwhile is as ever. */
export async function eraseContent(
  { keys, run }: Pick<StoreLink, "keys" | "run">,
  user: string,
  id: string,
): Promise<void> {
  const named = [keys.bucket(bucketOf(id)), keys.conversation(id), keys.log(id), keys.index(id)];
  const head = await headOf({ keys, run }, id);
  if (head === null) return;
  for (let from = "0"; ; ) {
    const answer = await run("erase", named, [user, from, head, String(STEP_EVENTS)]);
    if (answer === null) break;
    from = (answer as readonly string[])[0] ?? "";
  }
  for (let place = "0"; ; ) {
    place = String(await run("eraseKeys", [keys.log(id)], [user, place, head, String(STEP_EVENTS)]));
    if (place === "0") return;
  }
}

async function headOf({ keys, run }: Pick<StoreLink, "keys" | "run">, id: string): Promise<string | null> {
  const answer = await run("settings", [keys.bucket(bucketOf(id)), keys.conversation(id)]);
  return answer === null ? null : ((answer as readonly string[])[1]?.split(" ")[0] ?? null);
}

/** As `MessageStore.remove`. What is left of the log afterwards is `purgeBucket`'s. */
export async function removeConversation(
  link: StoreLink,
  id: string,
  user: string | null,
  by: readonly Role[],
): Promise<Removed> {
  const { keys } = link;
  const bucket = bucketOf(id);
  const ofBucket = [keys.bucket(bucket), keys.feed(bucket), keys.ids(bucket), keys.purges(bucket)];
  const own = [keys.conversation(id), keys.index(id), keys.messages(id)];
  const answer = await link.run("remove", [...ofBucket, ...own], [id, user ?? "", ranksOf(by)]);
  const [kind, pair = "", ...members] = answer as readonly string[];
  if (kind !== "removed") return { kind: "refused", code: kind === "forbidden" ? "forbidden" : "not_found" };
  if (pair !== "") await claimPair(link, pair, id, "");
  return { kind, members };
}

/** Takes away what is left of the removed conversations of a bucket. Stops early once `stopped`; who comes next goes on. */
export async function purgeBucket(link: StoreLink, bucket: number, stopped: () => boolean): Promise<void> {
  const { keys } = link;
  const ids = (await link.call("SMEMBERS", keys.purges(bucket))) as Iterable<string>;
  for (const id of ids) {
    const named = [keys.feed(bucket), keys.purges(bucket), keys.conversation(id), keys.log(id)];
    for (let more = true; more; ) {
      if (stopped()) return;
      more = (await link.run("purge", named, [id, String(STEP_EVENTS)])) === 1;
    }
  }
}
