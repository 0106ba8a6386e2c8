import type { Raise, Raised } from "@earshot/core";
import { bucketOf } from "../keys.ts";
import type { StoreLink } from "./store-link.ts";

/** What users change of their own membership, and what is changed of users who are none. */

/** As `MessageStore.raise`. */
export async function raiseMarks(link: StoreLink, raises: readonly Raise[]): Promise<readonly (Raised | null)[]> {
  const { keys, clocks } = link;
  const raised = new Array<Raised | null>(raises.length).fill(null);
  await Promise.all(
    link
      .groups(raises, ({ conversation }) => bucketOf(conversation))
      .map(async ({ buckets, items, places }) => {
        const ids = [...new Set(items.map(({ conversation }) => conversation))];
        const placeOf = new Map(ids.map((id, n) => [id, String(n + 1)]));
        const args = [String(buckets.length), String(ids.length)];
        for (const id of ids) args.push(String(buckets.indexOf(bucketOf(id)) + 1));
        for (const { conversation, user, epoch = "", delivered = "", read = "" } of items) {
          args.push(placeOf.get(conversation) ?? "", user, epoch, String(delivered), String(read));
        }
        const named = ids.flatMap((id) => [keys.conversation(id), keys.log(id), keys.index(id)]);
        const answers = (await link.run(
          "raise",
          [...buckets.map((bucket) => keys.bucket(bucket)), ...named],
          args,
        )) as readonly (string | null)[];
        for (const [n, place] of places.entries()) raised[place] = raisedOf(answers[n] ?? null);
        for (const [n, bucket] of buckets.entries()) clocks.hear(bucket, answers[items.length + n]);
      }),
  );
  return raised;
}

/** "delivered read rose members epoch". */
function raisedOf(answer: string | null): Raised | null {
  if (answer === null) return null;
  const [delivered, read, rose, members, epoch = ""] = answer.split(" ");
  const marks = { delivered: Number(delivered), read: Number(read) };
  return { epoch, ...marks, rose: rose === "1", members: Number(members) };
}

/** As `MessageStore.put`. */
export async function putState(
  link: StoreLink,
  user: string,
  id: string,
  { mute, marked }: { readonly mute?: boolean | number; readonly marked?: boolean },
): Promise<boolean> {
  const { keys } = link;
  const muteText = mute === undefined ? "" : mute === false ? "-" : mute === true ? "+" : String(mute);
  const markedText = marked === undefined ? "" : marked ? "1" : "0";
  const named = [keys.bucket(bucketOf(id)), keys.conversation(id)];
  return (await link.run("put", named, [user, muteText, markedText])) === 1;
}

/** As `MessageStore.ban`. */
export async function banUser(link: StoreLink, id: string, user: string, banned: boolean): Promise<boolean> {
  const { keys } = link;
  return (await link.run("ban", [keys.conversation(id)], [user, banned ? "1" : "0"])) === 1;
}
