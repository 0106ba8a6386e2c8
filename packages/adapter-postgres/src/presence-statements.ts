// Each is one atomic step. `clock_timestamp()` is the moment itself: a transaction's own time stands still.

const SEE = `
  ON CONFLICT (user_id) DO UPDATE SET at = greatest(seen.at, excluded.at)`;

/** A lease that stands, held so that it cannot end before the statement does. `$1`: the node. */
const HELD = `
  SELECT node FROM @presence_leases WHERE node = $1 AND expires_at > clock_timestamp() FOR SHARE`;

/** Nodes whose lease has run out and that nobody else is ending. */
export const LOCK_EXPIRED = `
  SELECT node FROM @presence_leases WHERE expires_at <= clock_timestamp() ORDER BY node FOR UPDATE SKIP LOCKED`;

export const FIND_EXPIRED = "SELECT node FROM @presence_leases WHERE expires_at <= clock_timestamp()";

/** One node's lease, and whether it stands. `$1`: the node. */
export const LOCK_LEASE = `
  SELECT expires_at > clock_timestamp() AS stands FROM @presence_leases WHERE node = $1 FOR UPDATE`;

/**
 * Ends leases that are locked, and their sessions. In a statement after the lock: sessions that were put while it was
 * waited for are seen by a later one alone. `$1`: the nodes. Gives whose sessions ended.
 */
export const END_LEASES = `
  WITH ended AS (
    DELETE FROM @presence_leases WHERE node = ANY($1::text[])
    RETURNING node, CASE WHEN expires_at > clock_timestamp() THEN clock_timestamp() ELSE renewed_at END AS seen_at
  ), gone AS (
    DELETE FROM @presence_sessions AS session USING ended WHERE session.node = ended.node
    RETURNING session.user_id, session.activity, ended.seen_at
  ), told AS (
    INSERT INTO @presence_seen AS seen (user_id, at)
    SELECT user_id, max(seen_at) FROM gone WHERE activity <> 'invisible' GROUP BY user_id ORDER BY user_id ${SEE}
  )
  SELECT DISTINCT user_id FROM gone`;

/** `$1`: the node, `$2`: ms. Gives a row if it is leased now; none: it has ended since it was looked at. */
export const LEASE = `
  INSERT INTO @presence_leases AS lease (node, renewed_at, expires_at)
  VALUES ($1, clock_timestamp(), clock_timestamp() + $2::float8 * interval '1 millisecond')
  ON CONFLICT (node) DO UPDATE SET renewed_at = excluded.renewed_at, expires_at = excluded.expires_at
  WHERE lease.expires_at > clock_timestamp()
  RETURNING node`;

/**
 * `$1`: the node, `$2` to `$5`: sessions, users, devices, activities. Gives whose sessions changed; a row with null: nobody's; no
 * row: the lease does not stand, and nothing was done.
 */
export const PUT = `
  WITH held AS (${HELD}
  ), given AS (
    SELECT * FROM unnest($2::text[], $3::text[], $4::text[], $5::text[]) AS given (session, user_id, device, activity)
  ), known AS (
    SELECT session, known.activity FROM @presence_sessions AS known JOIN given USING (session) WHERE known.node = $1
  ), written AS (
    INSERT INTO @presence_sessions AS written (node, session, user_id, device, activity)
    SELECT held.node, given.session, given.user_id, given.device, given.activity
    FROM held CROSS JOIN given ORDER BY given.session
    ON CONFLICT (node, session) DO UPDATE SET activity = excluded.activity WHERE written.activity <> excluded.activity
    RETURNING written.session, written.user_id, written.activity
  ), hidden AS (
    INSERT INTO @presence_seen AS seen (user_id, at)
    SELECT written.user_id, max(clock_timestamp()) FROM written JOIN known USING (session)
    WHERE written.activity = 'invisible' AND known.activity <> 'invisible'
    GROUP BY written.user_id ORDER BY written.user_id ${SEE}
  )
  SELECT changed.user_id FROM held LEFT JOIN (SELECT DISTINCT user_id FROM written) AS changed ON true`;

/** `$1`: the node, `$2`: sessions, `$3`: ms since each one's last sign of life. Gives whose sessions went. */
export const REMOVE = `
  WITH held AS (${HELD}
  ), given AS (
    SELECT * FROM unnest($2::text[], $3::float8[]) AS given (session, quiet_ms)
  ), gone AS (
    DELETE FROM @presence_sessions AS session USING given, held
    WHERE session.node = held.node AND session.session = given.session
    RETURNING session.user_id, session.activity, given.quiet_ms
  ), told AS (
    INSERT INTO @presence_seen AS seen (user_id, at)
    SELECT user_id, max(clock_timestamp() - quiet_ms * interval '1 millisecond') FROM gone
    WHERE activity <> 'invisible' GROUP BY user_id ORDER BY user_id ${SEE}
  )
  SELECT DISTINCT user_id FROM gone`;

/** `$1`: users. `renewed`: of the lease, Unix ms. */
export const SESSIONS_OF = `
  SELECT session.node, session.session, session.user_id, session.device, session.activity,
    lease.expires_at > clock_timestamp() AS stands,
    floor(extract(epoch FROM lease.renewed_at) * 1000)::bigint AS renewed
  FROM @presence_sessions AS session JOIN @presence_leases AS lease USING (node)
  WHERE session.user_id = ANY($1::text[])`;

/** `$1`: users. */
export const SEEN_OF = `
  SELECT user_id, floor(extract(epoch FROM at) * 1000)::bigint AS at FROM @presence_seen
  WHERE user_id = ANY($1::text[])`;

/** `$1`: users that are kept, the latest. */
export const FORGET_SEEN = `
  DELETE FROM @presence_seen WHERE at < (SELECT at FROM @presence_seen ORDER BY at DESC OFFSET $1::bigint LIMIT 1)`;
