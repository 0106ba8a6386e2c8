import { createHash } from "node:crypto";

/**
 * What tells readers which transactions that write are under way: each holds this lock in shared form from its
 * first statement to its end, and takes its number after it. The lock ends with the transaction, so that it
 * outlives nothing, and works through a pooler. Two namespaces of one database have different ones.
 */
export class Barrier {
  readonly classId: number;
  readonly objectId: number;

  constructor(schema: string) {
    const digest = createHash("sha256").update(`earshot ${schema}`).digest();
    this.classId = digest.readInt32BE(0);
    this.objectId = digest.readInt32BE(4);
  }

  /** A statement that makes the transaction known as one that writes. */
  get shared(): string {
    return `SELECT pg_advisory_xact_lock_shared(${this.classId}, ${this.objectId})`;
  }

  /** A statement that waits for all of them, and keeps others out until its transaction ends. */
  get exclusive(): string {
    return `SELECT pg_advisory_xact_lock(${this.classId}, ${this.objectId})`;
  }
}
