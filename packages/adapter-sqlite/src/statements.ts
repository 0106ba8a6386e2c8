import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";

/** A prepared statement that gives rows of one shape. */
export class Query<Row> {
  readonly #statement: StatementSync;

  constructor(database: DatabaseSync, sql: string) {
    this.#statement = database.prepare(sql);
  }

  one(...values: SQLInputValue[]): Row | undefined {
    return this.#statement.get(...values) as Row | undefined;
  }

  all(...values: SQLInputValue[]): Row[] {
    return this.#statement.all(...values) as Row[];
  }
}

export interface HeadRecord {
  readonly conversation: number;
  readonly epoch: string;
  readonly head: number;
  readonly ord: number;
  readonly members: number;
  readonly members_version: number;
}

export interface MemberRecord {
  readonly rank: number | null;
  readonly since: number;
  readonly past: string;
  readonly delivered: number;
  readonly read: number;
  readonly read_ord: number;
}

export interface EventRecord {
  readonly seq: number;
  readonly ord: number;
  readonly type: string;
  readonly id: string | null;
  readonly sender: string;
  readonly at: number;
  readonly body: string | null;
  readonly re: number | null;
  readonly mentions: string | null;
}

export interface KeyRecord {
  readonly hash: string;
  readonly seq: number;
  readonly ord: number;
  readonly at: number;
}

export interface ConversationRecord {
  readonly id: string;
  readonly creator: string;
}

/** A member's view of a conversation. */
export interface ViewRecord extends MemberRecord, HeadRecord {
  readonly id: string;
  readonly kind: string;
  readonly mode: string;
  readonly title: string | null;
  readonly meta: string | null;
  readonly open: number;
  readonly whole_history: number;
  readonly rank: number;
}

export interface ChangedRecord {
  readonly conversation: number;
  readonly rank: number | null;
  readonly change: number;
}

const EVENT = "seq, ord, type, id, sender, at, body, re, mentions";
const VIEW = `SELECT c.id, c.kind, c.mode, c.title, c.meta, c.open, c.whole_history,
    h.conversation, h.epoch, h.head, h.ord, h.members, h.members_version,
    m.rank, m.since, m.past, m.delivered, m.read, m.read_ord
  FROM conversations c
  JOIN heads h ON h.conversation = c.number
  JOIN members m ON m.conversation = c.number AND m.user = ?2 AND m.rank IS NOT NULL`;
/** A user's conversations with the last change that concerns them: once they have left, their own alone. */
const CHANGED = `SELECT m.conversation, m.rank,
    CASE WHEN m.rank IS NULL THEN m.change ELSE max(m.change, h.change) END AS change
  FROM members m JOIN heads h ON h.conversation = m.conversation WHERE m.user = ?1`;

/** Every statement of the store, prepared once. */
export class Statements {
  readonly store: Query<{ readonly life: string; readonly change: number }>;
  readonly setChange: StatementSync;
  readonly head: Query<HeadRecord>;
  readonly setHead: StatementSync;
  readonly insertHead: StatementSync;
  readonly member: Query<MemberRecord>;
  readonly raiseMember: StatementSync;
  readonly putMember: StatementSync;
  readonly key: Query<KeyRecord>;
  readonly insertKey: StatementSync;
  readonly insertEvent: StatementSync;
  readonly conversation: Query<ConversationRecord>;
  readonly direct: Query<ConversationRecord>;
  readonly numbered: Query<ConversationRecord>;
  readonly insertConversation: StatementSync;
  readonly setting: Query<{ readonly value: string }>;
  readonly keepSetting: StatementSync;
  readonly oldestEvents: Query<EventRecord>;
  readonly newestEvents: Query<EventRecord>;
  readonly event: Query<EventRecord>;
  readonly ordAt: Query<{ readonly ord: number }>;
  readonly view: Query<ViewRecord>;
  readonly viewByNumber: Query<ViewRecord>;
  readonly memberPage: Query<{ readonly user: string; readonly rank: number }>;
  readonly changedBelow: Query<ChangedRecord>;
  readonly changedSince: Query<ChangedRecord>;

  constructor(database: DatabaseSync) {
    const query = <Row>(sql: string) => new Query<Row>(database, sql);
    const command = (sql: string) => database.prepare(sql);
    this.store = query("SELECT life, change FROM store");
    this.setChange = command("UPDATE store SET change = ?");

    this.head = query(`SELECT h.conversation, h.epoch, h.head, h.ord, h.members, h.members_version
      FROM conversations c JOIN heads h ON h.conversation = c.number WHERE c.id = ?`);
    this.setHead = command(
      `UPDATE heads SET head = ?, ord = ?, members = ?, members_version = ?, change = ? WHERE conversation = ?`,
    );
    this.insertHead = command(`INSERT INTO heads (conversation, epoch, head, ord, members, members_version, change)
      VALUES (?, ?, ?, 0, ?, 1, ?)`);

    this.member = query(
      "SELECT rank, since, past, delivered, read, read_ord FROM members WHERE conversation = ? AND user = ?",
    );
    this.raiseMember = command(
      "UPDATE members SET delivered = ?, read = ?, read_ord = ? WHERE conversation = ? AND user = ?",
    );
    this.putMember =
      command(`INSERT INTO members (conversation, user, rank, since, past, delivered, read, read_ord, change)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (conversation, user) DO UPDATE SET rank = excluded.rank, since = excluded.since, past = excluded.past,
        delivered = excluded.delivered, read = excluded.read, read_ord = excluded.read_ord, change = excluded.change`);

    this.key = query("SELECT hash, seq, ord, at FROM keys WHERE conversation = ? AND sender = ? AND id = ?");
    this.insertKey =
      command(`INSERT INTO keys (conversation, sender, id, hash, seq, ord, at) VALUES (?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT DO NOTHING`);
    this.insertEvent = command(`INSERT INTO events (conversation, ${EVENT}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);

    this.conversation = query("SELECT id, creator FROM conversations WHERE id = ?");
    this.direct = query("SELECT id, creator FROM conversations WHERE pair = ?");
    this.numbered = query("SELECT id, creator FROM conversations WHERE number = ?");
    this.insertConversation =
      command(`INSERT INTO conversations (id, pair, creator, kind, mode, title, meta, open, whole_history)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`);

    this.setting = query("SELECT value FROM settings WHERE name = ?");
    this.keepSetting = command("INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT DO NOTHING");

    const between = `SELECT ${EVENT} FROM events WHERE conversation = ? AND seq > ? AND seq < ?`;
    this.oldestEvents = query(`${between} ORDER BY seq LIMIT ?`);
    this.newestEvents = query(`${between} ORDER BY seq DESC LIMIT ?`);
    this.event = query(`SELECT ${EVENT} FROM events WHERE conversation = ? AND seq = ?`);
    this.ordAt = query("SELECT ord FROM events WHERE conversation = ? AND seq = ?");

    this.view = query(`${VIEW} WHERE c.id = ?1`);
    this.viewByNumber = query(`${VIEW} WHERE c.number = ?1`);
    this.memberPage = query(`SELECT user, rank FROM members
      WHERE conversation = ? AND rank IS NOT NULL AND (rank, user) > (?, ?) ORDER BY rank, user LIMIT ?`);
    this.changedBelow = query(
      `SELECT * FROM (${CHANGED}) WHERE rank IS NOT NULL AND change < ?2 ORDER BY change DESC LIMIT ?3`,
    );
    this.changedSince = query(`SELECT * FROM (${CHANGED}) WHERE change > ?2 ORDER BY change LIMIT ?3`);
  }
}
