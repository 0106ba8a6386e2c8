import type { Member } from "./batch-rows.ts";

/** Rows of members as they are now, whether they were there or not. */
export const WRITE_MEMBERS = `INSERT INTO @members
    (conversation, user_id, rank, since, past, delivered, read, read_ord, last_at, mute, marked, change)
  SELECT * FROM unnest($1::bigint[], $2::text[], $3::smallint[], $4::bigint[], $5::text[], $6::bigint[], $7::bigint[],
    $8::bigint[], $9::bigint[], $10::text[], $11::boolean[], $12::bigint[])
  ON CONFLICT (conversation, user_id) DO UPDATE SET rank = excluded.rank, since = excluded.since, past = excluded.past,
    delivered = excluded.delivered, read = excluded.read, read_ord = excluded.read_ord, last_at = excluded.last_at,
    mute = excluded.mute, marked = excluded.marked, change = excluded.change`;

export function memberCells(member: Member): readonly unknown[] {
  const { conversation, user, rank, since, past, delivered, read, readOrd, lastAt, mute, marked, change } = member;
  return [conversation, user, rank, since, past, delivered, read, readOrd, lastAt, mute, marked, change];
}
