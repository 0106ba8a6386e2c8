import type { EntryText, ReactionText, SettingsText, TermsText } from "./calls.ts";
import { changeMembers } from "./change-members.ts";
import type { ChangingRows, Head } from "./changing-rows.ts";
import { deleteMessage } from "./delete-message.ts";
import { namedIn } from "./named-in.ts";
import { countDown } from "./take-reactions.ts";
import type { WriteStatements } from "./write-statements.ts";

/**
 * What an entry changes beside the log, written as soon as it is there, so that the next entry of the
 * round finds it. None of it grows with the members that it does not name.
 */
export class EntryEffects {
  readonly #statements: WriteStatements;
  readonly #rows: ChangingRows;

  constructor(statements: WriteStatements, rows: ChangingRows) {
    this.#statements = statements;
    this.#rows = rows;
  }

  /** The entry is the one at the head. */
  apply(entry: EntryText, head: Head, change: number): void {
    const { conversation, head: seq } = head;
    const { terms, re, mentions } = entry;
    if (re !== null) this.#applyToTarget(entry, conversation, seq, re);
    if (mentions !== null && entry.type === "message") this.#mention(mentions, conversation, seq, entry.user);
    if (terms !== null) this.#applyTerms(terms, head, change);
  }

  #applyTerms({ slot, members, bans, settings }: TermsText, head: Head, change: number): void {
    const { conversation } = head;
    if (slot !== null) this.#statements.setSlot.run(conversation, slot, head.head);
    if (members !== null) changeMembers(this.#statements, this.#rows, head, change, members);
    for (const [user, banned] of bans ?? []) {
      (banned ? this.#statements.ban : this.#statements.unban).run(conversation, user);
    }
    if (settings !== null) this.#changeSettings(head, settings);
  }

  #applyToTarget({ type, terms, user }: EntryText, conversation: number, seq: number, target: number): void {
    const reaction = terms?.reaction ?? null;
    if (type === "message") this.#statements.effects.countReply.run(conversation, target);
    else if (type === "edit") this.#edit(conversation, seq, target);
    else if (type === "delete") deleteMessage(this.#statements, conversation, target);
    if (reaction !== null) this.#react(reaction, conversation, seq, target, user);
  }

  /** The present body is the edit's own. Of a deleted message it is gone at once, as those before it. */
  #edit(conversation: number, seq: number, target: number): void {
    const { effects } = this.#statements;
    if (this.#isDeleted(conversation, target)) effects.blankEvent.run(conversation, seq);
    else effects.setEdited.run(conversation, target, seq);
  }

  #react({ key, on }: ReactionText, conversation: number, seq: number, target: number, user: string): void {
    const { effects } = this.#statements;
    if (this.#isDeleted(conversation, target)) return;
    const changed = (on ? effects.react : effects.unreact).run(conversation, target, user, key).changes > 0;
    if (!changed) return;
    if (on) {
      if (effects.countUp.one(conversation, target, key, seq)?.count === 1)
        effects.addKeys.run(conversation, target, 1);
    } else countDown(effects, conversation, target, key);
  }

  #isDeleted(conversation: number, target: number): boolean {
    return this.#statements.target.one(conversation, target)?.deleted === 1;
  }

  #mention(mentions: string, conversation: number, seq: number, sender: string): void {
    const { effects } = this.#statements;
    const named = namedIn(mentions);
    if (named === "all") {
      effects.mentionAll.run(conversation, seq, sender);
      return;
    }
    for (const user of named) {
      const member = user === sender ? null : this.#rows.member(conversation, user);
      if (member !== null && member.rank !== null) effects.mention.run(conversation, user, seq);
    }
  }

  #changeSettings(head: Head, settings: SettingsText): void {
    if (settings.slow !== undefined) {
      head.slow = settings.slow;
      this.#statements.setSlow.run(settings.slow, head.conversation);
    }
    const before = this.#statements.settings.one(head.conversation);
    if (before === undefined) return;
    const { mode, title, meta, open, pinned, retention } = { ...before, ...settings };
    head.mode = mode;
    this.#statements.setSettings.run(mode, title, meta, open, pinned, retention, head.conversation);
  }
}
