import type { DatabaseSync, StatementSync } from "node:sqlite";
import { Query } from "./query.ts";

/** What takes content away for good: of the beginning of a log, or of one user. */
export class UpkeepStatements {
  /** Given conversation, from, to, Unix ms: the first that is not older. */
  readonly notOlder: Query<{ readonly seq: number }>;
  readonly setFirst: StatementSync;
  /** Given conversation and the seqs from and to; `to` itself stays. */
  readonly mentionsBefore: Query<{ readonly seq: number; readonly mentions: string }>;
  readonly deleteStretches: StatementSync;
  readonly deleteEvents: StatementSync;
  /** Given conversation and the seq that stays. */
  readonly reactedBefore: Query<{ readonly message: number }>;
  readonly deleteCountsBefore: StatementSync;
  readonly deleteStatesBefore: StatementSync;

  /** Given conversation, after, to, user, rows: what is theirs to erase. */
  readonly written: Query<{ readonly seq: number; readonly type: string; readonly re: number | null }>;
  /** Given conversation, message, and the seq of the edit that is the last no longer. */
  readonly setEditedBefore: StatementSync;
  /** Given conversation, user, after, seq, rows. */
  readonly keysOf: Query<{ readonly id: string }>;
  /** Given hash, conversation, user, after, to, seq. */
  readonly setHashes: StatementSync;
  /** Given user and rows. */
  readonly deleteBlocks: StatementSync;
  readonly deleteBlocksOf: StatementSync;

  constructor(database: DatabaseSync) {
    const query = <Row>(sql: string) => new Query<Row>(database, sql);
    const command = (sql: string) => database.prepare(sql);
    const beginning = "conversation = ?1 AND seq >= ?2 AND seq < ?3";
    this.notOlder = query(`SELECT seq FROM events WHERE conversation = ? AND seq >= ? AND seq <= ? AND at >= ?
      ORDER BY seq LIMIT 1`);
    this.setFirst = command("UPDATE heads SET first = ? WHERE conversation = ?");
    this.mentionsBefore = query(`SELECT seq, mentions FROM events
      WHERE ${beginning} AND type = 'message' AND mentions IS NOT NULL`);
    this.deleteStretches = command(`DELETE FROM feed WHERE change IN
        (SELECT coalesce(stretch, -conversation) FROM events WHERE ${beginning})
      AND change <> (SELECT coalesce(stretch, -conversation) FROM events WHERE conversation = ?1 AND seq = ?3)`);
    this.deleteEvents = command(`DELETE FROM events WHERE ${beginning}`);
    this.reactedBefore = query(
      "SELECT DISTINCT message FROM reaction_counts WHERE conversation = ? AND message < ? ORDER BY message",
    );
    this.deleteCountsBefore = command("DELETE FROM reaction_counts WHERE conversation = ? AND message < ?");
    this.deleteStatesBefore = command("DELETE FROM message_states WHERE conversation = ? AND seq < ?");

    this.written = query(`SELECT seq, type, re FROM events
      WHERE conversation = ? AND seq > ? AND seq <= ? AND sender = ? AND deleted = 0
        AND type NOT IN ('member', 'meta', 'delete') ORDER BY seq LIMIT ?`);
    this.setEditedBefore = command(`UPDATE message_states SET edited = (SELECT seq FROM events INDEXED BY edits
        WHERE conversation = ?1 AND re = ?2 AND type = 'edit' AND seq < ?3 AND deleted = 0 ORDER BY seq DESC LIMIT 1)
      WHERE conversation = ?1 AND seq = ?2 AND edited = ?3`);
    this.keysOf = query("SELECT id FROM keys WHERE conversation = ? AND sender = ? AND id > ? ORDER BY id LIMIT ?");
    this.setHashes = command(`UPDATE keys SET hash = ?1
      WHERE conversation = ?2 AND sender = ?3 AND id > ?4 AND id <= ?5 AND seq <= ?6 AND hash <> ?1`);
    this.deleteBlocks = command(`DELETE FROM blocks WHERE (user, other) IN
      (SELECT user, other FROM blocks WHERE user = ? LIMIT ?)`);
    this.deleteBlocksOf = command(`DELETE FROM blocks WHERE (user, other) IN
      (SELECT user, other FROM blocks INDEXED BY blocks_by_other WHERE other = ? LIMIT ?)`);
  }
}
