import type { NodeId, UserId } from "@earshot/protocol";
import type { Connections } from "./connections.ts";
import type { Transaction } from "./transaction.ts";

/** What nodes tell each other by: who has a lease, how far a follower is, what is made once, and whose signed words hold no longer. */

/** Unix ms by the server's clock, also after a wait for a row. */
const CLOCK = "(extract(epoch FROM clock_timestamp()) * 1000)::bigint";
const TAKE = `INSERT INTO @leases AS l (name, node, until) VALUES ($1, $2, ${CLOCK} + $3::bigint)
  ON CONFLICT (name) DO UPDATE SET node = excluded.node, until = ${CLOCK} + $3::bigint
    WHERE l.node = excluded.node OR l.until <= ${CLOCK}
  RETURNING 1 AS done`;
const GIVE_UP = "DELETE FROM @leases WHERE name = $1 AND node = $2";

const POSITION = "SELECT value FROM @positions WHERE name = $1";
const FIRST_POSITION = `INSERT INTO @positions (name, value) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING value`;
const MOVE_POSITION = "UPDATE @positions SET value = $2 WHERE name = $1 AND value = $3 RETURNING value";

const SETTING = "SELECT value FROM @settings WHERE name = $1";
const KEEP = "INSERT INTO @settings (name, value) VALUES ($1, $2) ON CONFLICT DO NOTHING";

/** Revocations that are over, taken out with each new one: so their number falls however many there were. */
const FORGOTTEN_ROWS = 16;
/** Holds the row until the end: so marks are in the order of commits. */
const NEXT_MARK = "UPDATE @store SET revocation = revocation + 1 RETURNING revocation AS mark";
const REVOKE = `INSERT INTO @revocations AS r (user_id, mark, until) VALUES ($1, $2, ${CLOCK} + $3::bigint)
  ON CONFLICT (user_id) DO UPDATE SET mark = excluded.mark, until = greatest(r.until, excluded.until)`;
const FORGET = `DELETE FROM @revocations WHERE user_id IN
  (SELECT user_id FROM @revocations WHERE until <= ${CLOCK} ORDER BY until LIMIT ${FORGOTTEN_ROWS})`;

/** For ever is longer than a column of whole numbers holds. */
function whole(ms: number): number {
  return Math.min(Math.ceil(ms), Number.MAX_SAFE_INTEGER);
}

export async function takeLease(connections: Connections, name: string, node: NodeId, ttlMs: number): Promise<boolean> {
  if (ttlMs > 0) return (await connections.all(TAKE, [name, node, whole(ttlMs)])).length > 0;
  await connections.all(GIVE_UP, [name, node]);
  return false;
}

/** The text kept under a name after the move, which happens only from what it is said to come from. */
export async function movePosition(
  connections: Connections,
  name: string,
  move: { readonly from: string | null; readonly to: string } | undefined,
): Promise<string | null> {
  if (move !== undefined) {
    const { from, to } = move;
    const isFirst = from === null;
    const moved = await connections.all(
      isFirst ? FIRST_POSITION : MOVE_POSITION,
      isFirst ? [name, to] : [name, to, from],
    );
    if (moved.length > 0) return to;
  }
  // By itself: it sees what has come in between.
  const [row] = await connections.all<{ readonly value: string }>(POSITION, [name]);
  return row?.value ?? null;
}

export async function keepSetting(connections: Connections, name: string, make: () => string): Promise<string> {
  const read = () => connections.all<{ readonly value: string }>(SETTING, [name]);
  const [kept] = await read();
  if (kept !== undefined) return kept.value;
  const made = make();
  await connections.all(KEEP, [name, made]);
  return (await read())[0]?.value ?? made;
}

/** A user's revocation in the place of their last one. */
export async function revokeUser(transaction: Transaction, user: UserId, keepMs: number): Promise<number> {
  const next = await transaction.one<{ readonly mark: number }>(NEXT_MARK);
  const mark = next?.mark ?? 0;
  await transaction.commit([REVOKE, [user, mark, whole(keepMs)]], [FORGET, []]);
  return mark;
}
