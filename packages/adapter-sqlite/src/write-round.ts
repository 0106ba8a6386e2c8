import type { Expired, Raise, Raised, Removed } from "@earshot/core";
import type { ConversationText, CreateOutcome, EntryOutcome, EntryText, EraseMark, Given } from "./calls.ts";
import { ChangingRows, type Head } from "./changing-rows.ts";
import { createConversation } from "./create-conversation.ts";
import { refusalOf, refused } from "./decide.ts";
import { EntryEffects } from "./entry-effects.ts";
import { ANY_CONTENT, eraseStep } from "./erase-step.ts";
import { expireBeginning } from "./expire-beginning.ts";
import { lookupsIn } from "./lookups.ts";
import { markSent, noteWriter, putState, raiseMarks } from "./member-marks.ts";
import { movePosition } from "./move-position.ts";
import { removeConversation } from "./remove-conversation.ts";
import { revokeUser } from "./revoke-user.ts";
import { takeLease } from "./take-lease.ts";
import type { WriteStatements } from "./write-statements.ts";

/**
 * The writes of one transaction. Each is decided and written by itself, in the order of the calls, and
 * sees what those before it did; heads and members, which many of them change, wait for `finish`.
 */
export class WriteRound {
  readonly #statements: WriteStatements;
  readonly #rows: ChangingRows;
  readonly #effects: EntryEffects;
  readonly #lookups: ReturnType<typeof lookupsIn>;

  constructor(statements: WriteStatements) {
    this.#statements = statements;
    this.#rows = new ChangingRows(statements);
    this.#effects = new EntryEffects(statements, this.#rows);
    this.#lookups = lookupsIn(statements, this.#rows);
  }

  append(entry: EntryText): EntryOutcome {
    const head = this.#rows.head(entry.conversation);
    if (head === null) return refused(entry.lookup ? "absent" : "not_found");
    if (entry.lookup) return this.#storedAnswer(head, entry) ?? refused("absent");
    const author = this.#rows.member(head.conversation, entry.user);
    const refusal = refusalOf(entry, head, author, this.#lookups);
    // A stored key answers before anything else is looked at (I4).
    if (refusal !== null) return this.#storedAnswer(head, entry) ?? refusal;

    const seq = head.head + 1;
    const ord = entry.type === "message" ? head.ord + 1 : head.ord;
    if (entry.id !== null && !this.#insertKey(head.conversation, entry, seq, ord)) {
      return this.#storedAnswer(head, entry) ?? refused("absent");
    }
    const { user, at, type, id, body, re, mentions } = entry;
    const slot = entry.terms?.slot ?? null;
    const change = this.#rows.nextChange();
    head.stretch ??= { change, first: seq };
    const insert = this.#statements.insertEvent;
    insert.run(head.conversation, seq, ord, type, id, user, at, body, re, mentions, slot, head.stretch.change);
    head.head = seq;
    head.ord = ord;
    head.change = change;
    const isOutsider = entry.terms?.system === true && (author?.rank ?? null) === null;
    if (isOutsider && author === null) noteWriter(this.#statements, this.#rows, head.conversation, user);
    this.#effects.apply(entry, head, change);
    const sender = isOutsider ? null : (author ?? this.#rows.member(head.conversation, user));
    if (sender !== null && (id !== null || type === "message")) markSent(sender, head, entry);
    const { epoch, mode, membersVersion } = head;
    return { kind: "event", epoch, seq, ord, mode, membersVersion };
  }

  create(made: ConversationText): CreateOutcome {
    return createConversation(this.#statements, this.#rows, made);
  }

  raise(given: Raise): Raised | null {
    return raiseMarks(this.#statements, this.#rows, given);
  }

  put(given: Given<"put">): boolean {
    return putState(this.#statements, this.#rows, given);
  }

  ban({ conversation: id, user, banned }: Given<"ban">): boolean {
    const head = this.#rows.head(id);
    if (head === null || this.#lookups.isMember(head.conversation, user)) return false;
    (banned ? this.#statements.ban : this.#statements.unban).run(head.conversation, user);
    return true;
  }

  block({ user, other, blocked }: Given<"block">): null {
    (blocked ? this.#statements.block : this.#statements.unblock).run(user, other);
    return null;
  }

  remove(given: Given<"remove">): Removed {
    return removeConversation(this.#statements, this.#rows, given);
  }

  keep({ name, value }: Given<"keep">): string {
    this.#statements.keepSetting.run(name, value);
    return this.#statements.setting.one(name)?.value ?? value;
  }

  expire(given: Given<"expire">): Expired | null {
    return expireBeginning(this.#statements, this.#rows, given);
  }

  erase(given: Given<"erase">): EraseMark | null {
    return eraseStep(this.#statements, this.#rows, given);
  }

  lease(given: Given<"lease">): boolean {
    return takeLease(this.#statements.claims, given, Date.now());
  }

  move(given: Given<"move">): string | null {
    return movePosition(this.#statements.claims, given);
  }

  revoke(given: Given<"revoke">): number {
    return revokeUser(this.#statements.claims, this.#rows, given, Date.now());
  }

  /** Writes what was kept in memory. */
  finish(): void {
    this.#rows.write();
  }

  /** false: the key is there already. */
  #insertKey(conversation: number, { user, id, hash, at, terms }: EntryText, seq: number, ord: number): boolean {
    const rewritten = terms?.rewritten ? 1 : 0;
    return Number(this.#statements.insertKey.run(conversation, user, id, hash, seq, ord, at, rewritten).changes) > 0;
  }

  #storedAnswer({ conversation, epoch }: Head, { user, id, hash }: EntryText): EntryOutcome | null {
    const stored = id === null ? undefined : this.#statements.key.one(conversation, user, id);
    if (stored === undefined) return null;
    const { seq, ord, at } = stored;
    if (stored.hash !== ANY_CONTENT && stored.hash !== hash) return refused("conflict");
    return { kind: "duplicate", epoch, seq, ord, at, ...(stored.rewritten === 1 ? { rewritten: true } : {}) };
  }
}
