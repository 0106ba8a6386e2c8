import type { Created, NewConversation } from "@earshot/core";
import { jsonOrNull } from "./apply-effects.ts";
import { columns } from "./columns.ts";
import { NOW } from "./lock-heads.ts";
import { rankOf } from "./ranks.ts";
import type { Transaction } from "./transaction.ts";

/** Waits for another transaction that makes the same one; nothing comes back if that has made it. */
const INSERT = `INSERT INTO @conversations (id, pair, creator, kind, title, meta, open, whole_history)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING
  RETURNING number, ${NOW} AS now`;
const EXISTING = `SELECT id, creator, removed, pair IS NOT DISTINCT FROM $2::text AND pair IS NOT NULL AS same_pair
  FROM @conversations WHERE id = $1 OR pair = $2::text ORDER BY same_pair DESC LIMIT 1`;
const INSERT_REST = `WITH head AS (
    INSERT INTO @heads (conversation, id, pair, epoch, generation, mode, first, head, ord, last_message, members,
      members_version, slow, change)
    VALUES ($1, $2, $3, $4, (SELECT generation FROM @store), $5, 1, $6::bigint, 0, 0, $7, 1, 0, $8)
  ), stretch AS (
    INSERT INTO @feed (change, conversation, first, last) VALUES ($8, $1, 1, $6::bigint)
  ), added AS (
    INSERT INTO @events (conversation, seq, ord, at, change, type, sender, body)
    SELECT $1, w.seq, 0, $9::bigint, $8, w.type, $10, w.body
    FROM unnest($11::text[], $12::text[]) WITH ORDINALITY AS w(type, body, seq)
  )
  INSERT INTO @members (conversation, user_id, rank, since, delivered, read, read_ord, change)
  SELECT $1, w.user_id, w.rank, least(w.stay, 1), least(w.stay, 1), least(w.stay, 1), 0, w.stay * $8::bigint
  FROM unnest($13::text[], $14::smallint[], $15::bigint[]) AS w(user_id, rank, stay)`;

/** A conversation with its first events and members, unless it is there already. */
export async function createConversation(transaction: Transaction, made: NewConversation): Promise<Created> {
  const { id, kind, creator, title, meta, open, wholeHistory, epoch, mode, at, first } = made;
  const pair = pairOf(made);
  const about = [id, pair, creator, kind, title, jsonOrNull(meta), open, wholeHistory];
  const inserted = await transaction.one<{ readonly number: number; readonly now: number }>(INSERT, about);
  if (inserted === undefined) return existing(transaction, made, pair);
  const { number, now } = inserted;
  const members = made.members.map(([user, role]) => [user, rankOf(role), 1] as const);
  // Who has made it without being a member has written here all the same.
  const isMember = members.some(([user]) => user === creator);
  const rows = isMember ? members : [...members, [creator, null, 0] as const];
  await transaction.commit([
    INSERT_REST,
    [
      ...[number, id, pair, epoch, mode, first.length, members.length, now, at, creator],
      ...columns(
        first.map(({ type, body }) => [type, JSON.stringify(body)]),
        2,
      ),
      ...columns(rows, 3),
    ],
  ]);
  const events = first.map(({ type, body }, n) => ({ seq: n + 1, ord: 0, type, from: creator, at, body }));
  return { kind: "created", rows: events, membersVersion: 1 };
}

async function existing(
  transaction: Transaction,
  { id, creator }: NewConversation,
  pair: string | null,
): Promise<Created> {
  const there = await transaction.one<Existing>(EXISTING, [id, pair]);
  if (there === undefined) throw Object.assign(new Error("it was removed meanwhile"), { code: "40001" });
  if (there.same_pair) return { kind: "existing", id: there.id };
  return !there.removed && there.creator === creator ? { kind: "existing", id: there.id } : { kind: "conflict" };
}

interface Existing {
  readonly id: string;
  readonly creator: string;
  readonly removed: boolean;
  readonly same_pair: boolean;
}

/** The same for both users, whoever creates. No id holds a space. */
function pairOf({ kind, members }: NewConversation): string | null {
  if (kind !== "direct") return null;
  return members
    .map(([user]) => user)
    .sort()
    .join(" ");
}
