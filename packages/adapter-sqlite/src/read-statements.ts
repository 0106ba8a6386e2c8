import type { DatabaseSync } from "node:sqlite";
import { Query } from "./query.ts";
import type {
  AccessRecord,
  ChangedRecord,
  EventRecord,
  HeadRecord,
  LastStretchRecord,
  MarksRecord,
  MembershipRecord,
  PresentRecord,
  SettingsRecord,
  StoreRecord,
  StretchRecord,
  ViewRecord,
} from "./records.ts";

/** Also what a write begins with. */
export const HEAD = `SELECT h.conversation, h.epoch, h.first, h.head, h.ord, h.members, h.members_version,
    h.slow, c.mode, c.pair
  FROM conversations c JOIN heads h ON h.conversation = c.number WHERE c.id = ?`;
/** Whether one of two users has blocked the other. */
export const BLOCKED = `SELECT EXISTS (SELECT 1 FROM blocks WHERE user = ?1 AND other = ?2)
  OR EXISTS (SELECT 1 FROM blocks WHERE user = ?2 AND other = ?1) AS yes`;
/** Given conversation and seq. Of what has expired it is that of the last of it: the first event that is kept tells. */
export const ORD_AT = `SELECT iif(seq = ?2, ord, ord - (type = 'message')) AS ord
  FROM events WHERE conversation = ?1 AND seq >= ?2 ORDER BY seq LIMIT 1`;
const EVENT = "e.seq, e.ord, e.type, e.id, e.sender, e.at, e.body, e.re, e.mentions, e.slot, e.deleted";
const WITH_STATE = "LEFT JOIN message_states s ON s.conversation = e.conversation AND s.seq = e.seq";
const PRESENT = `${EVENT}, s.edited, s.replies, s.keys`;
const BETWEEN = "e.conversation = ? AND e.seq > ? AND e.seq < ?";
const PRESENT_TYPES = "e.type IN ('message', 'member', 'meta')";
const REPLIES = "e.conversation = ? AND e.re = ? AND e.type = 'message' AND e.seq > ? AND e.seq < ?";
const ACCESS = `h.conversation, c.kind, c.mode, c.whole_history, h.epoch, h.first, h.head, h.ord, h.members,
    h.members_version, m.rank, m.since, m.past, m.delivered, m.read`;
const MEMBERSHIP = `FROM conversations c
  JOIN heads h ON h.conversation = c.number
  JOIN members m ON m.conversation = c.number AND m.user = ?2 AND m.rank IS NOT NULL`;
const VIEW = `SELECT ${ACCESS}, c.id, c.title, c.meta, c.open, h.slow, c.pinned, c.retention, m.read_ord, m.mute, m.marked
  ${MEMBERSHIP}`;
/** A user's conversations with the last change that concerns them: once they have lost one, their own alone. */
const CHANGED = `SELECT m.conversation, m.rank,
    CASE WHEN m.rank IS NULL THEN m.change ELSE max(m.change, h.change) END AS change
  FROM members m LEFT JOIN heads h ON h.conversation = m.conversation WHERE m.user = ?1`;

/** Two orders of the same rows. */
interface BothWays<Row> {
  readonly oldest: Query<Row>;
  readonly newest: Query<Row>;
}

/** What reads are made of, prepared once. */
export class ReadStatements {
  readonly store: Query<StoreRecord>;
  readonly head: Query<HeadRecord>;
  readonly settings: Query<SettingsRecord>;
  readonly setting: Query<{ readonly value: string }>;
  readonly access: Query<AccessRecord>;
  /** Given conversations, as a JSON array, and a user: what `accessGiven` reads. */
  readonly accessMany: Query<{ readonly access: string }>;
  readonly view: Query<ViewRecord>;
  readonly viewByNumber: Query<ViewRecord>;
  readonly idOf: Query<{ readonly id: string }>;

  /** Given conversation, after, before, rows. */
  readonly events: BothWays<EventRecord>;
  readonly presents: BothWays<PresentRecord>;
  /** Given conversation, re, after, before, rows. */
  readonly replies: BothWays<PresentRecord>;
  /** Given conversation, after, before. */
  readonly gatewayEvent: BothWays<{ readonly seq: number }>;
  readonly present: Query<PresentRecord>;
  readonly body: Query<{ readonly body: string | null }>;
  readonly ordAt: Query<{ readonly ord: number }>;
  readonly reactions: Query<{ readonly key: string; readonly count: number }>;
  readonly ownReactions: Query<{ readonly key: string }>;
  readonly mentionCount: Query<{ readonly count: number }>;

  readonly memberPage: Query<{ readonly user: string; readonly rank: number }>;
  readonly receiptCounts: Query<{ readonly delivered: number; readonly read: number }>;
  readonly receiptPage: Query<{ readonly user: string; readonly delivered: number; readonly read: number }>;
  /** Given conversation, after, before, rows: newest first. */
  readonly messages: Query<{ readonly seq: number; readonly sender: string }>;
  /** Every member's watermarks that are at a seq or above, each kind as one JSON array. */
  readonly marksFrom: Query<{ readonly delivered: string; readonly read: string }>;
  readonly marksOf: Query<MarksRecord>;
  readonly blocked: Query<{ readonly yes: number }>;
  readonly changedBelow: Query<ChangedRecord>;
  readonly changedSince: Query<ChangedRecord>;

  /** Given the lowest change number and rows. */
  readonly stretches: Query<StretchRecord>;
  readonly stretchesAhead: Query<{ readonly count: number; readonly last: number | null }>;
  /** Given the lowest change number, the seq that is left behind of it, the highest and rows: the last stretches of their conversations. */
  readonly lastStretches: Query<LastStretchRecord>;
  readonly revocations: Query<{ readonly user: string; readonly mark: number }>;
  readonly conversations: Query<{ readonly id: string; readonly retention: string | null }>;
  readonly memberships: Query<MembershipRecord>;
  readonly position: Query<{ readonly value: string }>;

  constructor(database: DatabaseSync) {
    const query = <Row>(sql: string) => new Query<Row>(database, sql);
    const bothWays = <Row>(sql: string, limit: string): BothWays<Row> => ({
      oldest: query(`${sql} ORDER BY e.seq LIMIT ${limit}`),
      newest: query(`${sql} ORDER BY e.seq DESC LIMIT ${limit}`),
    });
    this.store = query("SELECT life, change FROM store");
    this.head = query(HEAD);
    this.settings = query(`SELECT h.epoch, c.kind, c.mode, c.title, c.meta, c.open, h.slow, c.pinned, c.retention,
        c.settings_version, h.members, h.members_version
      FROM conversations c JOIN heads h ON h.conversation = c.number WHERE c.id = ?`);
    this.setting = query("SELECT value FROM settings WHERE name = ?");
    this.access = query(`SELECT ${ACCESS} ${MEMBERSHIP} WHERE c.id = ?1`);
    // One statement for all of a user's, and one text: twenty rows of objects cost five times as much to fetch.
    this.accessMany = query(`SELECT json_group_array(json_array(m.rank, c.whole_history, h.first, m.since,
        nullif(m.past, '[]'), c.kind, c.mode, h.epoch, h.head, h.ord, m.delivered, m.read, h.members,
        h.members_version)) AS access
      FROM json_each(?1) asked
      LEFT JOIN conversations c ON c.id = asked.value
      LEFT JOIN heads h ON h.conversation = c.number
      LEFT JOIN members m ON m.conversation = h.conversation AND m.user = ?2 AND m.rank IS NOT NULL`);
    this.view = query(`${VIEW} WHERE c.id = ?1`);
    this.viewByNumber = query(`${VIEW} WHERE c.number = ?1`);
    this.idOf = query("SELECT id FROM conversations WHERE number = ?");

    this.events = bothWays(`SELECT ${EVENT} FROM events e WHERE ${BETWEEN}`, "?");
    this.presents = bothWays(
      `SELECT ${PRESENT} FROM events e ${WITH_STATE} WHERE ${BETWEEN} AND ${PRESENT_TYPES}`,
      "?",
    );
    this.replies = bothWays(`SELECT ${PRESENT} FROM events e INDEXED BY replies ${WITH_STATE} WHERE ${REPLIES}`, "?");
    this.gatewayEvent = bothWays(
      `SELECT e.seq FROM events e INDEXED BY gateway_events WHERE ${BETWEEN} AND e.type IN ('member', 'meta')`,
      "1",
    );
    this.present = query(`SELECT ${PRESENT} FROM events e ${WITH_STATE} WHERE e.conversation = ? AND e.seq = ?`);
    this.body = query("SELECT body FROM events WHERE conversation = ? AND seq = ?");
    this.ordAt = query(ORD_AT);
    this.reactions = query(
      "SELECT key, count FROM reaction_counts WHERE conversation = ? AND message = ? ORDER BY first",
    );
    this.ownReactions = query("SELECT key FROM reactions WHERE conversation = ? AND message = ? AND user = ?");
    this.mentionCount = query(`SELECT
        (SELECT count(*) FROM mentions WHERE conversation = ?1 AND user = ?2 AND seq > ?3) +
        (SELECT count(*) FROM mentions_of_all WHERE conversation = ?1 AND seq > ?3 AND sender <> ?2) AS count`);

    this.memberPage = query(`SELECT user, rank FROM members
      WHERE conversation = ? AND rank IS NOT NULL AND (rank, user) > (?, ?) ORDER BY rank, user LIMIT ?`);
    this.receiptCounts = query(`SELECT count(*) FILTER (WHERE delivered >= ?2) AS delivered,
        count(*) FILTER (WHERE read >= ?2) AS read
      FROM members WHERE conversation = ?1 AND rank IS NOT NULL`);
    this.receiptPage = query(`SELECT user, delivered, read FROM members
      WHERE conversation = ? AND rank IS NOT NULL AND user > ? ORDER BY user LIMIT ?`);
    this.messages = query(`SELECT seq, sender FROM events
      WHERE conversation = ? AND seq > ? AND seq < ? AND type = 'message' ORDER BY seq DESC LIMIT ?`);
    // Ten thousand rows of two numbers each cost five times as much to fetch.
    this.marksFrom = query(`SELECT json_group_array(delivered) FILTER (WHERE delivered >= ?2) AS delivered,
        json_group_array(read) FILTER (WHERE read >= ?2) AS read
      FROM members WHERE conversation = ?1 AND rank IS NOT NULL`);
    this.marksOf = query(
      "SELECT delivered, read FROM members WHERE conversation = ? AND user = ? AND rank IS NOT NULL",
    );
    this.blocked = query(BLOCKED);
    this.changedBelow = query(
      `SELECT * FROM (${CHANGED}) WHERE rank IS NOT NULL AND change < ?2 ORDER BY change DESC LIMIT ?3`,
    );
    this.changedSince = query(`SELECT * FROM (${CHANGED}) WHERE change > ?2 ORDER BY change LIMIT ?3`);

    this.stretches = query(`SELECT f.change, f.conversation, c.id, f.first, f.last, h.epoch
      FROM feed f JOIN conversations c ON c.number = f.conversation
      LEFT JOIN heads h ON h.conversation = f.conversation
      WHERE f.change >= ? ORDER BY f.change LIMIT ?`);
    this.stretchesAhead = query(`SELECT count(*) AS count, max(change) AS last
      FROM (SELECT change FROM feed WHERE change >= ? ORDER BY change LIMIT ?)`);
    // A later one of the same conversation brings it as well, and a removed one has a stretch that says so.
    this.lastStretches = query(`SELECT f.change, f.last, c.id, c.mode, h.epoch, h.head, h.ord, h.members_version
      FROM feed f JOIN conversations c ON c.number = f.conversation
      LEFT JOIN heads h ON h.conversation = f.conversation
      WHERE f.change BETWEEN ?1 AND ?3 AND (f.last = 0 OR f.last = h.head) AND (f.change > ?1 OR max(f.last, 1) > ?2)
      ORDER BY f.change LIMIT ?4`);
    this.revocations = query("SELECT user, mark FROM revocations WHERE mark > ? ORDER BY mark LIMIT ?");
    this.conversations = query(`SELECT id, retention FROM conversations INDEXED BY conversations_by_id
      WHERE removed = 0 AND id > ? ORDER BY id LIMIT ?`);
    // From the user's side: by id would be quick to begin with, and look through everybody's.
    this.memberships = query(`SELECT c.id, m.rank, m.since, m.past, c.whole_history, h.first
      FROM members m INDEXED BY members_by_user
      CROSS JOIN conversations c ON c.number = m.conversation
      CROSS JOIN heads h ON h.conversation = m.conversation
      WHERE m.user = ? AND c.id > ? ORDER BY c.id LIMIT ?`);
    this.position = query("SELECT value FROM positions WHERE name = ?");
  }
}
