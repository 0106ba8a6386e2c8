import { DatabaseSync } from "node:sqlite";

/** Each finds rows that contradict others: of a whole file none finds any. */
const SEARCHES: Readonly<Record<string, string>> = {
  "a head that is not the log's": `SELECT h.conversation FROM heads h LEFT JOIN (
      SELECT conversation, count(*) AS count, min(seq) AS first, max(seq) AS last, max(ord) AS ord
      FROM events GROUP BY conversation) e ON e.conversation = h.conversation
    WHERE h.head IS NOT h.first + e.count - 1 OR h.first IS NOT e.first OR h.head IS NOT e.last OR h.ord IS NOT e.ord`,
  "an ord that does not count the messages": `SELECT conversation, seq FROM (
      SELECT conversation, seq, ord - first_value(ord - (type = 'message')) OVER log AS ord,
        sum(type = 'message') OVER log AS counted
      FROM events WINDOW log AS (PARTITION BY conversation ORDER BY seq))
    WHERE ord <> counted OR (seq = 1 AND ord > 1)`,
  "an event without its key, or with another's": `SELECT e.conversation, e.seq FROM events e
    LEFT JOIN keys k ON k.conversation = e.conversation AND k.sender = e.sender AND k.id = e.id
    WHERE e.id IS NOT NULL AND (k.seq IS NOT e.seq OR k.ord IS NOT e.ord OR k.at IS NOT e.at)`,
  "a key without its event": `SELECT k.conversation, k.seq FROM keys k JOIN heads h ON h.conversation = k.conversation
    LEFT JOIN events e ON e.conversation = k.conversation AND e.seq = k.seq
    WHERE k.seq >= h.first AND e.id IS NOT k.id`,
  "members miscounted": `SELECT h.conversation FROM heads h WHERE h.members <>
    (SELECT count(*) FROM members m WHERE m.conversation = h.conversation AND m.rank IS NOT NULL)`,
  "a member who is not as the log's last word of them": `SELECT m.conversation, m.user FROM members m
    JOIN heads h ON h.conversation = m.conversation
    JOIN (SELECT e.conversation, named.value ->> 0 AS user, named.value ->> 1 AS role, max(e.seq) AS seq
      FROM events e JOIN json_each(e.body, '$.members') named WHERE e.type IN ('meta', 'member')
      GROUP BY e.conversation, user) w ON w.conversation = m.conversation AND w.user = m.user
    WHERE (CASE m.rank WHEN 0 THEN 'owner' WHEN 1 THEN 'admin' WHEN 2 THEN 'member' WHEN 3 THEN 'reader' END) IS NOT w.role`,
  "watermarks that are not possible": `SELECT m.conversation, m.user FROM members m
    JOIN heads h ON h.conversation = m.conversation
    LEFT JOIN events e ON e.conversation = m.conversation AND e.seq = max(m.read, h.first)
    WHERE m.since > 0 AND (m.read > m.delivered OR m.delivered > h.head
      OR (m.read >= h.first AND m.read_ord IS NOT e.ord)
      OR (m.read < h.first AND m.read_ord > e.ord - (e.type = 'message')))`,
  "settings changed other than by meta events": `SELECT c.number FROM conversations c
    JOIN heads h ON h.conversation = c.number
    LEFT JOIN (SELECT conversation, count(*) AS count, max(seq) AS last FROM events WHERE type = 'meta'
      GROUP BY conversation) s ON s.conversation = c.number
    LEFT JOIN events e ON e.conversation = c.number AND e.seq = s.last
    WHERE iif(h.first = 1, c.settings_version IS NOT s.count, c.settings_version < s.count)
      OR (e.seq > 1 AND c.title IS NOT e.body ->> '$.title')`,
  "a change that the store has not come to": `SELECT 1 FROM store s WHERE s.change <
    (SELECT max(max(coalesce((SELECT max(change) FROM heads), 0)), coalesce((SELECT max(change) FROM members), 0)))`,
  "a deletion that has taken too much or too little": `SELECT e.conversation, e.seq FROM events e
    JOIN heads h ON h.conversation = e.conversation
    LEFT JOIN (SELECT DISTINCT conversation, re FROM events WHERE type = 'delete') d
      ON d.conversation = e.conversation AND d.re = iif(e.type = 'edit', e.re, e.seq)
    LEFT JOIN events t ON t.conversation = e.conversation AND t.seq = e.re
    WHERE (e.deleted = 0 AND e.type IN ('message', 'edit') AND d.re IS NOT NULL)
      OR (e.deleted = 1 AND (e.type NOT IN ('message', 'edit') OR d.re IS NULL)
        AND e.sender NOT IN (SELECT user FROM erased)
        -- An edit of an erased user's message, which itself has expired maybe.
        AND NOT (e.type = 'edit' AND (e.re < h.first OR t.sender IN (SELECT user FROM erased))))
      OR (e.deleted = 1 AND (e.body IS NOT NULL OR e.mentions IS NOT NULL))
      OR (e.deleted = 0 AND e.type IN ('message', 'edit') AND e.body IS NULL)`,
  "replies miscounted": `SELECT e.conversation, e.re FROM events e
    JOIN heads h ON h.conversation = e.conversation
    LEFT JOIN message_states s ON s.conversation = e.conversation AND s.seq = e.re
    WHERE e.type = 'message' AND e.re >= h.first GROUP BY e.conversation, e.re HAVING s.replies IS NOT count(*)`,
  "an edit that is not the last": `SELECT t.conversation, t.seq FROM events t
    LEFT JOIN message_states s ON s.conversation = t.conversation AND s.seq = t.seq
    LEFT JOIN (SELECT conversation, re, max(seq) AS last FROM events WHERE type = 'edit' AND deleted = 0 GROUP BY conversation, re) e
      ON e.conversation = t.conversation AND e.re = t.seq
    WHERE t.type = 'message' AND s.edited IS NOT iif(t.deleted, NULL, e.last)`,
  "reactions other than the last of each user and key": `SELECT r.conversation, r.re FROM (
      SELECT e.conversation, e.re, e.sender, e.body ->> '$.key' AS key, e.body ->> '$.on' AS reacted, max(e.seq) AS seq
      FROM events e WHERE e.type = 'react' GROUP BY e.conversation, e.re, e.sender, key) r
    JOIN events t ON t.conversation = r.conversation AND t.seq = r.re
    WHERE t.deleted = 0 AND r.sender NOT IN (SELECT user FROM erased) AND r.reacted <> EXISTS (SELECT 1 FROM reactions own WHERE own.conversation = r.conversation
      AND own.message = r.re AND own.user = r.sender AND own.key = r.key)`,
  "reactions miscounted": `SELECT t.conversation, t.seq FROM events t
    LEFT JOIN message_states s ON s.conversation = t.conversation AND s.seq = t.seq
    WHERE t.type = 'message' AND (
      coalesce(s.keys, 0) <> (SELECT count(*) FROM reaction_counts n
        WHERE n.conversation = t.conversation AND n.message = t.seq)
      OR (SELECT coalesce(sum(n.count), 0) FROM reaction_counts n
        WHERE n.conversation = t.conversation AND n.message = t.seq) <> iif(t.deleted, 0, (SELECT count(*)
        FROM reactions r WHERE r.conversation = t.conversation AND r.message = t.seq)))`,
  "a slot whose last event is another": `SELECT e.conversation, e.slot FROM events e
    LEFT JOIN slots s ON s.conversation = e.conversation AND s.slot = e.slot
    WHERE e.slot IS NOT NULL GROUP BY e.conversation, e.slot HAVING s.last IS NOT max(e.seq)`,
  "a mention too many or too few": `SELECT * FROM (SELECT m.conversation, m.user, e.seq FROM events e
      JOIN json_each(e.mentions) named JOIN members m ON m.conversation = e.conversation AND m.user = named.value
      WHERE e.type = 'message' AND e.mentions LIKE '[%' AND m.rank IS NOT NULL AND e.seq > m.read AND e.sender <> m.user
      UNION SELECT n.conversation, n.user, n.seq FROM mentions n JOIN heads h ON h.conversation = n.conversation)
    EXCEPT SELECT * FROM (SELECT m.conversation, m.user, e.seq FROM events e
      JOIN json_each(e.mentions) named JOIN members m ON m.conversation = e.conversation AND m.user = named.value
      WHERE e.type = 'message' AND e.mentions LIKE '[%' AND m.rank IS NOT NULL AND e.seq > m.read AND e.sender <> m.user
      INTERSECT SELECT conversation, user, seq FROM mentions)`,
  "a mention of all too many or too few": `SELECT n.conversation, n.seq FROM mentions_of_all n
    JOIN heads h ON h.conversation = n.conversation
    LEFT JOIN events e ON e.conversation = n.conversation AND e.seq = n.seq WHERE e.mentions IS NOT '"all"'
    UNION ALL SELECT e.conversation, e.seq FROM events e
    LEFT JOIN mentions_of_all n ON n.conversation = e.conversation AND n.seq = e.seq
    WHERE e.type = 'message' AND e.mentions = '"all"' AND n.sender IS NOT e.sender`,
  "a member who is banned": `SELECT b.user FROM bans b
    JOIN members m ON m.conversation = b.conversation AND m.user = b.user WHERE m.rank IS NOT NULL`,
  "something left of a removed conversation that nobody will take out": `SELECT e.conversation FROM (
      SELECT conversation FROM main.events UNION SELECT conversation FROM keys UNION SELECT conversation FROM mentions
      UNION SELECT conversation FROM mentions_of_all UNION SELECT conversation FROM message_states
      UNION SELECT conversation FROM reactions UNION SELECT conversation FROM reaction_counts
      UNION SELECT conversation FROM slots UNION SELECT conversation FROM bans
      UNION SELECT conversation FROM feed WHERE last > 0) e
    WHERE e.conversation NOT IN (SELECT conversation FROM heads)
      AND e.conversation NOT IN (SELECT conversation FROM purges WHERE message = 0)`,
  "something left of what has expired that nobody will take out": `SELECT x.conversation, x.seq FROM (
      SELECT conversation, seq FROM mentions UNION SELECT conversation, seq FROM mentions_of_all
      UNION SELECT conversation, seq FROM message_states UNION SELECT conversation, message FROM reaction_counts
      UNION SELECT conversation, message FROM reactions WHERE (conversation, message) NOT IN
        (SELECT conversation, message FROM purges)) x
    JOIN heads h ON h.conversation = x.conversation WHERE x.seq < h.first`,
  "an event that the feed does not have where it says": `SELECT e.conversation, e.seq FROM events e
    LEFT JOIN feed f ON f.change = coalesce(e.stretch, -e.conversation)
    WHERE f.conversation IS NOT e.conversation OR e.seq < f.first OR e.seq > f.last`,
  "a stretch of the feed that has no events, or does not follow on the one before": `SELECT f.conversation, f.first
    FROM (SELECT conversation, first, last,
        lag(last) OVER (PARTITION BY conversation ORDER BY change) AS before,
        lead(first) OVER (PARTITION BY conversation ORDER BY change) AS after
      FROM feed WHERE last > 0) f
    JOIN heads h ON h.conversation = f.conversation
    WHERE f.first > f.last OR f.last < h.first
      OR iif(f.before IS NULL, f.first > h.first, f.first <> f.before + 1) OR (f.after IS NULL AND f.last <> h.head)`,
  "a removal that the feed does not tell, or that was none": `SELECT c.id FROM conversations c
    LEFT JOIN (SELECT conversation, count(*) AS count FROM feed WHERE last = 0 GROUP BY conversation) f
      ON f.conversation = c.number
    WHERE coalesce(f.count, 0) <> c.removed`,
  "a removed conversation that is not": `SELECT c.id FROM conversations c
    LEFT JOIN heads h ON h.conversation = c.number
    WHERE c.removed <> (h.conversation IS NULL)
      OR (c.removed = 1 AND (c.title IS NOT NULL OR c.meta IS NOT NULL OR c.pair IS NOT NULL OR EXISTS
        (SELECT 1 FROM members m WHERE m.conversation = c.number AND m.rank IS NOT NULL)))`,
};

/** What a closed file says that cannot be, by the name of what it contradicts. `erased`: users that were, maybe not to the end. */
export function contradictionsIn(file: string, erased: readonly string[] = []): Readonly<Record<string, unknown>> {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    database.exec("CREATE TEMP TABLE erased (user TEXT)");
    for (const user of erased) database.prepare("INSERT INTO erased VALUES (?)").run(user);
    // A removed conversation's log is taken out step by step.
    database.exec(`CREATE TEMP VIEW events AS
      SELECT e.* FROM main.events e JOIN main.heads h ON h.conversation = e.conversation`);
    const found: Record<string, unknown> = {};
    for (const [name, sql] of Object.entries(SEARCHES)) {
      const rows = database.prepare(`${sql} LIMIT 3`).all();
      if (rows.length > 0) found[name] = rows.map((row) => ({ ...row }));
    }
    const checked = database.prepare("PRAGMA integrity_check").all();
    if (checked.length !== 1 || checked[0]?.["integrity_check"] !== "ok") found["a damaged page"] = checked;
    return found;
  } finally {
    database.close();
  }
}
