import type { DatabaseSync, StatementSync } from "node:sqlite";
import { Query } from "./query.ts";

/** What nodes tell each other by: who has a lease, how far a follower is, and whose signed words hold no longer. */
export class ClaimStatements {
  readonly lease: Query<{ readonly node: string; readonly until: number }>;
  readonly setLease: StatementSync;
  readonly deleteLease: StatementSync;
  readonly position: Query<{ readonly value: string }>;
  readonly setPosition: StatementSync;
  readonly unrevoke: Query<{ readonly until: number }>;
  readonly revoke: StatementSync;
  /** Given Unix ms and rows. */
  readonly deleteRevocations: StatementSync;

  constructor(database: DatabaseSync) {
    const query = <Row>(sql: string) => new Query<Row>(database, sql);
    const command = (sql: string) => database.prepare(sql);
    this.lease = query("SELECT node, until FROM leases WHERE name = ?");
    this.setLease = command(`INSERT INTO leases (name, node, until) VALUES (?, ?, ?)
      ON CONFLICT DO UPDATE SET node = excluded.node, until = excluded.until`);
    this.deleteLease = command("DELETE FROM leases WHERE name = ?");
    this.position = query("SELECT value FROM positions WHERE name = ?");
    this.setPosition = command(`INSERT INTO positions (name, value) VALUES (?, ?)
      ON CONFLICT DO UPDATE SET value = excluded.value`);
    this.unrevoke = query("DELETE FROM revocations WHERE user = ? RETURNING until");
    this.revoke = command("INSERT INTO revocations (mark, user, until) VALUES (?, ?, ?)");
    this.deleteRevocations = command(
      "DELETE FROM revocations WHERE mark IN (SELECT mark FROM revocations WHERE until <= ? ORDER BY until LIMIT ?)",
    );
  }
}
