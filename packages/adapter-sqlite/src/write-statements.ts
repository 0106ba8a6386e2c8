import type { DatabaseSync, StatementSync } from "node:sqlite";
import { ClaimStatements } from "./claim-statements.ts";
import { EffectStatements } from "./effect-statements.ts";
import { Query } from "./query.ts";
import { BLOCKED, HEAD, ORD_AT } from "./read-statements.ts";
import type {
  ConversationRecord,
  HeadRecord,
  KeyRecord,
  MemberRecord,
  SettingsRecord,
  StoreRecord,
  TargetRecord,
} from "./records.ts";
import { UpkeepStatements } from "./upkeep-statements.ts";

/** What writes are made of, prepared once. */
export class WriteStatements {
  readonly store: Query<StoreRecord>;
  readonly setChange: StatementSync;
  readonly head: Query<HeadRecord>;
  readonly setHead: StatementSync;
  readonly member: Query<MemberRecord>;
  readonly setMarks: StatementSync;
  readonly setMarksAndRow: StatementSync;
  readonly setRank: StatementSync;
  readonly join: StatementSync;
  readonly leave: StatementSync;
  readonly noteWriter: StatementSync;
  readonly setMute: StatementSync;
  readonly key: Query<KeyRecord>;
  readonly insertKey: StatementSync;
  readonly insertEvent: StatementSync;
  readonly insertStretch: StatementSync;
  readonly target: Query<TargetRecord>;
  readonly ordAt: Query<{ readonly ord: number }>;

  readonly lastOf: Query<{ readonly last: number }>;
  readonly setSlot: StatementSync;
  readonly banned: Query<{ readonly yes: number }>;
  readonly ban: StatementSync;
  readonly unban: StatementSync;
  readonly blocked: Query<{ readonly yes: number }>;
  readonly block: StatementSync;
  readonly unblock: StatementSync;

  readonly conversation: Query<ConversationRecord>;
  readonly direct: Query<ConversationRecord>;
  readonly insertConversation: StatementSync;
  readonly insertHead: StatementSync;
  readonly settings: Query<Omit<SettingsRecord, "kind" | "slow" | "members" | "members_version">>;
  readonly setSettings: StatementSync;
  readonly setSlow: StatementSync;
  readonly setting: Query<{ readonly value: string }>;
  readonly keepSetting: StatementSync;

  readonly memberNames: Query<{ readonly user: string }>;
  readonly endMembers: StatementSync;
  readonly deleteHead: StatementSync;
  readonly emptyConversation: StatementSync;
  readonly insertPurge: StatementSync;

  readonly effects: EffectStatements;
  readonly upkeep: UpkeepStatements;
  readonly claims: ClaimStatements;

  constructor(database: DatabaseSync) {
    const query = <Row>(sql: string) => new Query<Row>(database, sql);
    const command = (sql: string) => database.prepare(sql);
    this.store = query("SELECT life, change FROM store");
    this.setChange = command("UPDATE store SET change = ?");
    this.head = query(HEAD);
    this.setHead = command(`UPDATE heads SET head = ?, ord = ?, members = ?, members_version = ?,
      change = ? WHERE conversation = ?`);
    this.member = query(`SELECT rank, delivered, read, read_ord, last_at, marked
      FROM members WHERE conversation = ? AND user = ?`);
    // Neither names a column of an index: those stay as they are.
    this.setMarks = command(`UPDATE members SET delivered = ?, read = ?, read_ord = ?, last_at = ?
      WHERE conversation = ? AND user = ?`);
    this.setMarksAndRow = command(`UPDATE members SET delivered = ?, read = ?, read_ord = ?, last_at = ?, marked = ?,
      change = ? WHERE conversation = ? AND user = ?`);
    this.setRank = command("UPDATE members SET rank = ?, change = ? WHERE conversation = ? AND user = ?");
    // What was before stays: past stays, and when they last wrote, or leaving would be a way around slow mode.
    this.join = command(`INSERT INTO members (rank, since, delivered, read, read_ord, change, conversation, user)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (conversation, user) DO UPDATE SET rank = excluded.rank, since = excluded.since,
        delivered = excluded.delivered, read = excluded.read, read_ord = excluded.read_ord, change = excluded.change`);
    // The stay ends with the entry that ends it, which is the last they may have.
    this.leave = command(`UPDATE members SET rank = NULL, mute = NULL, marked = 0,
        past = CASE past WHEN '[]' THEN '[' ELSE substr(past, 1, length(past) - 1) || ',' END
          || '[' || since || ',' || ? || ']]',
        change = ?
      WHERE conversation = ? AND user = ?`);
    // A tombstone that tells nobody anything: change 0 is below every cursor.
    this.noteWriter = command(`INSERT INTO members (conversation, user, rank, since, delivered, read, read_ord, change)
      VALUES (?, ?, NULL, 0, 0, 0, 0, 0)`);
    this.setMute = command("UPDATE members SET mute = ? WHERE conversation = ? AND user = ?");
    this.key = query("SELECT hash, seq, ord, at, rewritten FROM keys WHERE conversation = ? AND sender = ? AND id = ?");
    this.insertKey = command(`INSERT INTO keys (conversation, sender, id, hash, seq, ord, at, rewritten)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`);
    this.insertEvent = command(`INSERT INTO events
      (conversation, seq, ord, type, id, sender, at, body, re, mentions, slot, stretch)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
    this.insertStretch = command("INSERT INTO feed (change, conversation, first, last) VALUES (?, ?, ?, ?)");
    this.target = query("SELECT type, sender, deleted FROM events WHERE conversation = ? AND seq = ?");
    this.ordAt = query(ORD_AT);

    this.lastOf = query("SELECT last FROM slots WHERE conversation = ? AND slot = ?");
    this.setSlot = command(`INSERT INTO slots (conversation, slot, last) VALUES (?, ?, ?)
      ON CONFLICT DO UPDATE SET last = excluded.last`);
    this.banned = query("SELECT 1 AS yes FROM bans WHERE conversation = ? AND user = ?");
    this.ban = command("INSERT INTO bans (conversation, user) VALUES (?, ?) ON CONFLICT DO NOTHING");
    this.unban = command("DELETE FROM bans WHERE conversation = ? AND user = ?");
    this.blocked = query(BLOCKED);
    this.block = command("INSERT INTO blocks (user, other) VALUES (?, ?) ON CONFLICT DO NOTHING");
    this.unblock = command("DELETE FROM blocks WHERE user = ? AND other = ?");

    this.conversation = query("SELECT id, creator, removed FROM conversations WHERE id = ?");
    this.direct = query("SELECT id, creator, removed FROM conversations WHERE pair = ?");
    this.insertConversation = command(`INSERT INTO conversations
      (id, pair, creator, kind, mode, title, meta, open, whole_history) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`);
    this.insertHead = command(`INSERT INTO heads (conversation, epoch, head, ord, members, members_version, change)
      VALUES (?, ?, ?, 0, ?, 1, ?)`);
    this.settings = query(
      "SELECT mode, title, meta, open, pinned, retention, settings_version FROM conversations WHERE number = ?",
    );
    this.setSettings = command(`UPDATE conversations
      SET mode = ?, title = ?, meta = ?, open = ?, pinned = ?, retention = ?, settings_version = settings_version + 1
      WHERE number = ?`);
    this.setSlow = command("UPDATE heads SET slow = ? WHERE conversation = ?");
    this.setting = query("SELECT value FROM settings WHERE name = ?");
    this.keepSetting = command("INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT DO NOTHING");

    this.memberNames = query("SELECT user FROM members WHERE conversation = ? AND rank IS NOT NULL ORDER BY user");
    this.endMembers = command(`UPDATE members SET rank = NULL, past = '[]', mute = NULL, marked = 0, change = ?
      WHERE conversation = ? AND rank IS NOT NULL`);
    this.deleteHead = command("DELETE FROM heads WHERE conversation = ?");
    this.emptyConversation = command(`UPDATE conversations
      SET pair = NULL, title = NULL, meta = NULL, pinned = '[]', retention = NULL, removed = 1 WHERE number = ?`);
    this.insertPurge = command("INSERT INTO purges (conversation, message) VALUES (?, ?) ON CONFLICT DO NOTHING");
    this.effects = new EffectStatements(database);
    this.upkeep = new UpkeepStatements(database);
    this.claims = new ClaimStatements(database);
  }
}
