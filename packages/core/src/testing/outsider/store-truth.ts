import type { ConversationId, MemberBody, SendType, UserId } from "@earshot/protocol";
import type { Append, AppendResult } from "../../ports/append.ts";
import type { NewConversation } from "../../ports/conversation-settings.ts";
import type { MessageStore } from "../../ports/message-store.ts";
import { banOutcome, joinOutcome, membersOutcome, patchOutcome, removeOutcome, sendOutcome } from "./outcomes.ts";
import { same } from "./page-check.ts";
import { TrueConversation } from "./true-conversation.ts";

/**
 * Stands before a store and writes down what it did, in the order in which it did it; refuses to believe
 * what nobody was allowed to do.
 */
export class StoreTruth {
  readonly conversations = new Map<ConversationId, TrueConversation>();
  /** Direct conversations by their two users. */
  readonly pairs = new Map<string, ConversationId>();
  readonly #blocks = new Set<string>();
  readonly #plain: MessageStore;
  readonly #changed: () => void;
  readonly #fail: (why: string) => never;

  /** `changed`: called after each change, and before anybody is told of it. */
  constructor(plain: MessageStore, changed: () => void, fail: (why: string) => never) {
    this.#plain = plain;
    this.#changed = changed;
    this.#fail = fail;
  }

  /** The store as the engine gets it. */
  store(): MessageStore {
    const watched: Partial<MessageStore> = {
      append: async (batch) => {
        const results = await this.#plain.append(batch);
        for (const [index, entry] of batch.entries()) this.#appended(entry, results[index] as AppendResult);
        return results;
      },
      create: async (made) => {
        const created = await this.#plain.create(made);
        if (created.kind === "created") this.#created(made, new TrueConversation(made, created.rows));
        return created;
      },
      remove: async (c, user, by) => {
        const removed = await this.#plain.remove(c, user, by);
        if (removed.kind === "removed") this.#removed(c, user);
        return removed;
      },
      ban: async (c, user, banned) => {
        const done = await this.#plain.ban(c, user, banned);
        if (done) this.conversations.get(c)?.ban(user, banned);
        this.#changed();
        return done;
      },
      block: async (user, other, blocked) => {
        await this.#plain.block(user, other, blocked);
        if (blocked) this.#blocks.add(`${user} ${other}`);
        else this.#blocks.delete(`${user} ${other}`);
        this.#changed();
      },
    };
    return new Proxy(this.#plain, {
      get: (target, name: keyof MessageStore) => {
        const value: unknown = watched[name] ?? target[name];
        return typeof value === "function" && watched[name] === undefined ? value.bind(target) : value;
      },
    });
  }

  blockedBetween(one: UserId, other: UserId): boolean {
    return this.#blocks.has(`${one} ${other}`) || this.#blocks.has(`${other} ${one}`);
  }

  /** Whether the two of a direct are apart. */
  apart(conversation: TrueConversation | undefined): boolean {
    const [one, other] = conversation?.made.members.map(([user]) => user) ?? [];
    return one !== undefined && other !== undefined && this.blockedBetween(one, other);
  }

  #created(made: NewConversation, conversation: TrueConversation): void {
    if (this.conversations.has(made.id)) this.#fail(`${made.id} was created twice`);
    this.conversations.set(made.id, conversation);
    if (made.kind === "direct") this.pairs.set(pairOf(made.members.map(([user]) => user)), made.id);
    this.#changed();
  }

  #removed(c: ConversationId, user: UserId | null): void {
    const conversation = this.conversations.get(c) as TrueConversation;
    // In this world the host removes nothing.
    if (user === null || removeOutcome({ conversation, user }) !== "ok") {
      this.#fail(`${user} removed ${c} without a right to`);
    }
    conversation.removed = true;
    this.#changed();
  }

  #appended(entry: Append, result: AppendResult): void {
    if (result.kind !== "event") return;
    const { row } = result;
    const conversation = this.conversations.get(entry.conversation);
    if (conversation === undefined || conversation.removed) {
      this.#fail(`an append to ${entry.conversation}, which is none`);
      return;
    }
    const wrong = this.#wrong(conversation, entry);
    if (wrong !== null) this.#fail(`${entry.user} wrote ${JSON.stringify(row)} to ${entry.conversation}: ${wrong}`);
    if (row.seq !== conversation.head + 1) this.#fail(`I5: seq ${row.seq} behind ${conversation.head}`);
    conversation.add(entry, row);
    const ownerless =
      conversation.made.kind !== "direct" &&
      conversation.roles.size > 0 &&
      !conversation.abandoned &&
      ![...conversation.roles.values()].includes("owner");
    if (ownerless) this.#fail(`${entry.conversation} has no owner after ${row.seq}`);
    this.#changed();
  }

  /** Why an entry that was written may not have been; null: it may. */
  #wrong(conversation: TrueConversation, entry: Append): string | null {
    const { user, at, type, key } = entry;
    const asked = { conversation, user };
    if (key !== undefined) {
      // The gateway's own types have no key.
      const draft = { ...entry, t: "send", id: key.id, c: entry.conversation, type: type as SendType } as const;
      const outcome = sendOutcome(asked, draft, at, this.apart(conversation));
      return outcome === "ok" ? null : outcome;
    }
    if (type === "meta") {
      const body = entry.body as { readonly open?: boolean };
      const known = conversation.settings as unknown as Readonly<Record<string, unknown>>;
      const idle = Object.entries(entry.body ?? {}).filter(([name, value]) => same(known[name], value));
      if (idle.length > 0) return `${idle.map(([name]) => name)} did not change`;
      const outcome = patchOutcome(asked, body);
      return outcome === "ok" ? null : outcome;
    }
    return this.#wrongMembers(conversation, entry);
  }

  #wrongMembers(conversation: TrueConversation, { user, body, bans, join }: Append): string | null {
    const asked = { conversation, user };
    const changes = (body as MemberBody).members;
    for (const [other, role] of changes) {
      if ((conversation.roles.get(other) ?? null) === role) return `${other} is ${role} already`;
    }
    if (join) return joinOutcome(asked) === "ok" ? null : "nobody may join so";
    const promoted = this.#heir(conversation, changes);
    const own = changes.filter(([other]) => other !== promoted);
    const outcomes = bans
      ? bans.map(([other]) => banOutcome(asked, other))
      : [membersOutcome(asked, own), membersOutcome(asked, changes)];
    return outcomes.includes("ok") ? null : outcomes.join();
  }

  /** Who became the owner because no other is left. */
  #heir(conversation: TrueConversation, changes: MemberBody["members"]): UserId | null {
    const left = new Map(conversation.roles);
    for (const [user, role] of changes) {
      if (role === null) left.delete(user);
      else if (role !== "owner") left.set(user, role);
    }
    if ([...left.values()].includes("owner")) return null;
    return changes.find(([, role]) => role === "owner")?.[0] ?? null;
  }
}

/** The name of a direct's two users, in whatever order they come. */
export function pairOf(users: readonly UserId[]): string {
  return users.toSorted().join(" ");
}
