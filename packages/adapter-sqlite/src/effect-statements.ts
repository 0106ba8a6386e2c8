import type { DatabaseSync, StatementSync } from "node:sqlite";
import { Query } from "./query.ts";

/** What an entry changes of a message that it names, and of who is named. */
export class EffectStatements {
  readonly countReply: StatementSync;
  readonly setEdited: StatementSync;
  readonly addKeys: StatementSync;
  readonly clearState: StatementSync;
  readonly keyCount: Query<{ readonly keys: number }>;
  readonly hasKey: Query<{ readonly yes: number }>;
  readonly react: StatementSync;
  readonly unreact: StatementSync;
  /** All of a user's on a message; answers their keys. */
  readonly unreactAll: Query<{ readonly key: string }>;
  /** Answers the new count. */
  readonly countUp: Query<{ readonly count: number }>;
  readonly countDown: Query<{ readonly count: number }>;
  readonly deleteCount: StatementSync;
  readonly deleteCounts: StatementSync;
  readonly blankEvent: StatementSync;
  readonly blankEdits: StatementSync;
  readonly mentionsOf: Query<{ readonly mentions: string | null }>;
  readonly mention: StatementSync;
  readonly mentionAll: StatementSync;
  readonly deleteMention: StatementSync;
  readonly deleteMentionOfAll: StatementSync;
  readonly deleteMentionsUpTo: StatementSync;

  constructor(database: DatabaseSync) {
    const query = <Row>(sql: string) => new Query<Row>(database, sql);
    const command = (sql: string) => database.prepare(sql);
    this.countReply = command(`INSERT INTO message_states (conversation, seq, replies) VALUES (?, ?, 1)
      ON CONFLICT DO UPDATE SET replies = replies + 1`);
    this.setEdited = command(`INSERT INTO message_states (conversation, seq, edited) VALUES (?, ?, ?)
      ON CONFLICT DO UPDATE SET edited = excluded.edited`);
    this.addKeys = command(`INSERT INTO message_states (conversation, seq, keys) VALUES (?, ?, ?)
      ON CONFLICT DO UPDATE SET keys = keys + excluded.keys`);
    this.clearState = command("UPDATE message_states SET edited = NULL, keys = 0 WHERE conversation = ? AND seq = ?");
    this.keyCount = query("SELECT keys FROM message_states WHERE conversation = ? AND seq = ?");
    this.hasKey = query("SELECT 1 AS yes FROM reaction_counts WHERE conversation = ? AND message = ? AND key = ?");
    this.react = command(`INSERT INTO reactions (conversation, message, user, key) VALUES (?, ?, ?, ?)
      ON CONFLICT DO NOTHING`);
    this.unreact = command("DELETE FROM reactions WHERE conversation = ? AND message = ? AND user = ? AND key = ?");
    this.unreactAll = query("DELETE FROM reactions WHERE conversation = ? AND message = ? AND user = ? RETURNING key");
    this.countUp = query(`INSERT INTO reaction_counts (conversation, message, key, count, first) VALUES (?, ?, ?, 1, ?)
      ON CONFLICT DO UPDATE SET count = count + 1 RETURNING count`);
    this.countDown = query(`UPDATE reaction_counts SET count = count - 1
      WHERE conversation = ? AND message = ? AND key = ? RETURNING count`);
    this.deleteCount = command("DELETE FROM reaction_counts WHERE conversation = ? AND message = ? AND key = ?");
    this.deleteCounts = command("DELETE FROM reaction_counts WHERE conversation = ? AND message = ?");
    const blank = "SET body = NULL, mentions = NULL, deleted = 1";
    this.blankEvent = command(`UPDATE events ${blank} WHERE conversation = ? AND seq = ?`);
    this.blankEdits = command(
      `UPDATE events INDEXED BY edits ${blank} WHERE conversation = ? AND re = ? AND type = 'edit'`,
    );
    this.mentionsOf = query("SELECT mentions FROM events WHERE conversation = ? AND seq = ?");
    this.mention = command("INSERT INTO mentions (conversation, user, seq) VALUES (?, ?, ?) ON CONFLICT DO NOTHING");
    this.mentionAll = command("INSERT INTO mentions_of_all (conversation, seq, sender) VALUES (?, ?, ?)");
    this.deleteMention = command("DELETE FROM mentions WHERE conversation = ? AND user = ? AND seq = ?");
    this.deleteMentionOfAll = command("DELETE FROM mentions_of_all WHERE conversation = ? AND seq = ?");
    this.deleteMentionsUpTo = command("DELETE FROM mentions WHERE conversation = ? AND user = ? AND seq <= ?");
  }
}
