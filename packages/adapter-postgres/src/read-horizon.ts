import type { Barrier } from "./barrier.ts";
import type { Connections } from "./connections.ts";
import type { Horizon } from "./feed-mark.ts";

/**
 * The numbers of writers that are under way, by the locks of the server: whoever holds the barrier's has its own
 * number locked as well, or will have one that nobody has yet. Read by itself and before what it is for: whoever
 * has ended meanwhile is seen by the next statement. Numbers wrap around at 32 bits in the list of locks.
 */
const HORIZON = `WITH s AS MATERIALIZED (SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS next),
  writers AS MATERIALIZED (
    SELECT max(transactionid::text::bigint) FILTER (WHERE locktype = 'transactionid' AND mode = 'ExclusiveLock') AS xid
    FROM pg_locks WHERE locktype IN ('advisory', 'transactionid') AND granted
    GROUP BY pid
    HAVING bool_or(locktype = 'advisory' AND objsubid = 2 AND classid = $1::bigint AND objid = $2::bigint
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))
  ),
  behind AS (SELECT (s.next - w.xid) & 4294967295 AS by FROM s CROSS JOIN writers w WHERE w.xid IS NOT NULL)
  SELECT t.life, t.shift + s.next AS "end",
    t.shift + s.next - coalesce((SELECT max(by) FROM behind WHERE by < 2147483648), 0) AS settled
  FROM s CROSS JOIN @store t`;

export async function readHorizon(connections: Connections, { classId, objectId }: Barrier): Promise<Horizon> {
  // As the list of locks has them: without a sign.
  const [row] = await connections.all<Horizon>(HORIZON, [classId >>> 0, objectId >>> 0]);
  return row ?? { life: "", settled: 0, end: 0 };
}
