import type { Role, UserId } from "@earshot/protocol";
import type { Life, Log, RoleChange } from "./logs.ts";

/** Who was a member when, by the log itself. */
export class Membership {
  readonly #wholeHistory: boolean;
  readonly #changes = new Map<UserId, RoleChange[]>();
  /** Up to here every event of the log is known. */
  readonly #knownTo: number;

  /** Of one life of a log: what it kept of those before, and its own. */
  constructor(log: Log, life: Life) {
    this.#wholeHistory = log.wholeHistory;
    let seq = 1;
    for (; ; seq++) {
      const place = log.survivor(life, seq).places[seq];
      if (place === undefined) break;
      for (const [user, role] of place.members ?? []) {
        const changes = this.#changes.get(user);
        if (changes === undefined) this.#changes.set(user, [[seq, role]]);
        else changes.push([seq, role]);
      }
    }
    this.#knownTo = seq - 1;
  }

  /** Whether the log is known up to there, so that an answer can be given. */
  knows(seq: number): boolean {
    return seq <= this.#knownTo;
  }

  /** Anybody who ever was a member. */
  has(user: UserId): boolean {
    return this.#changes.has(user);
  }

  changes(user: UserId): readonly RoleChange[] {
    return this.#changes.get(user) ?? [];
  }

  /** A user's role behind an event. */
  role(user: UserId, seq: number): Role | null {
    let role: Role | null = null;
    for (const [at, next] of this.changes(user)) if (at <= seq) role = next;
    return role;
  }

  /** Whether a user may have the event at this seq: a member there, or it is what removed them. */
  mayHave(user: UserId, seq: number): boolean {
    const changes = this.changes(user);
    if (this.#wholeHistory) return this.#wasHere(user, seq);
    let role: Role | null = null;
    for (const [at, next] of changes) {
      if (at > seq) break;
      if (at === seq && role !== null) return true;
      role = next;
    }
    return role !== null;
  }

  /** With the whole history: a member at that seq or ever after. */
  #wasHere(user: UserId, seq: number): boolean {
    let last = 0;
    let role: Role | null = null;
    for (const [at, next] of this.changes(user)) {
      if (role !== null && next === null) last = at;
      role = next;
    }
    return role !== null || seq <= last;
  }

  get users(): Iterable<UserId> {
    return this.#changes.keys();
  }
}
