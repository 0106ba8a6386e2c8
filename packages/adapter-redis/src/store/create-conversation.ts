import { setTimeout as sleep } from "node:timers/promises";
import type { Created, NewConversation } from "@earshot/core";
import type { EventRow } from "@earshot/protocol";
import { bucketOf } from "../keys.ts";
import { rankOf } from "./entry-terms.ts";
import { eventTail } from "./event-text.ts";
import { indexUsers } from "./index-users.ts";
import { claimPair, pairOf } from "./pairs.ts";
import type { StoreLink } from "./store-link.ts";

/** What is known of the pair of a direct while it is created; of other conversations nothing. */
interface PairState {
  readonly pair: string;
  readonly blocked: string;
  readonly version: string;
}

/** As `MessageStore.create`. */
export async function createConversation(link: StoreLink, made: NewConversation): Promise<Created> {
  const pair = pairOf(made);
  return pair === null ? create(link, made, { pair: "", blocked: "0", version: "0" }) : createDirect(link, made, pair);
}

/** Longest that somebody else's creation of a direct is waited for before it is done in their place, in ms, and the wait between two looks. */
const OTHERS_CREATION_MS = 1_000;
const LOOK_EVERY_MS = 20;

/**
 * Which conversation is a pair's is kept apart from it, where both users find it, and is said before it is there. If
 * its creator dies in between, who comes next creates it under the id that was said.
 */
async function createDirect(link: StoreLink, made: NewConversation, pair: string): Promise<Created> {
  for (let said = ""; ; ) {
    const { id, blocked, version } = await claimPair(link, pair, said, made.id);
    if (id === made.id) {
      const created = await create(link, made, { pair, blocked, version });
      if (created.kind === "conflict") await claimPair(link, pair, id, "");
      return created;
    }
    let standing = await othersDirect(link, id, pair);
    if (standing === "absent") {
      const { kind } = await create(link, { ...made, id }, { pair, blocked, version });
      standing = kind === "conflict" ? "void" : "there";
    }
    if (standing === "there") return { kind: "existing", id };
    // That conversation was removed, or never was this pair's.
    said = id;
  }
}

async function othersDirect(link: StoreLink, id: string, pair: string): Promise<"there" | "void" | "absent"> {
  for (let waited = 0; ; waited += LOOK_EVERY_MS) {
    const fields = await link.call("HMGET", link.keys.conversation(id), " h", " gone", " pair");
    const [head, gone, ofPair] = fields as readonly (string | null)[];
    if (head !== null) return ofPair === pair ? "there" : "void";
    if (gone !== null) return "void";
    if (waited >= OTHERS_CREATION_MS) return "absent";
    await sleep(LOOK_EVERY_MS);
  }
}

async function create(link: StoreLink, made: NewConversation, pair: PairState): Promise<Created> {
  const { id, creator, members } = made;
  const { keys, clocks } = link;
  const users = [creator, ...members.map(([user]) => user)];
  await indexUsers(
    link,
    users.map((user) => ({ user, conversation: id })),
  );
  const bucket = bucketOf(id);
  const ofBucket = [keys.bucket(bucket), keys.feed(bucket), keys.ids(bucket)];
  const own = [keys.conversation(id), keys.log(id), keys.index(id)];
  const [kind, told] = (await link.run(
    "create",
    [...ofBucket, ...own],
    [...link.witnessed([bucket]), ...argsOf(made, pair)],
  )) as readonly [Created["kind"], string];
  clocks.hear(bucket, told);
  if (kind === "created") return { kind, rows: firstRows(made), membersVersion: 1 };
  if (kind === "existing") return { kind, id };
  return { kind };
}

function argsOf(made: NewConversation, { pair, blocked, version }: PairState): readonly string[] {
  const { id, creator, epoch, mode, kind, open, wholeHistory, title, meta, first, at, members } = made;
  const events = first.map(({ type, body }) => eventTail({ type, at, user: creator, body }));
  return [
    ...[id, creator, pair, epoch, mode, kind, open ? "1" : "0", wholeHistory ? "1" : "0"],
    ...[JSON.stringify(title), JSON.stringify(meta), blocked, version, String(first.length), ...events],
    ...members.flatMap(([user, role]) => [user, rankOf(role)]),
  ];
}

/** The rows of a creation. */
function firstRows({ first, creator, at }: NewConversation): readonly EventRow[] {
  return first.map(({ type, body }, before) => ({ seq: before + 1, ord: 0, type, from: creator, at, body }));
}
