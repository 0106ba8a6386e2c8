import { ChatError, type MessageStore } from "@earshot/core";
import type { ConversationId, Durability } from "@earshot/protocol";
import { appendEntry } from "./append.ts";
import { type Content, type Conversation, headOf, keptSpans } from "./content.ts";
import { createConversation, expireEvents, membershipsOf, removeConversation, sortedAbove } from "./conversations.ts";
import { eraseBeside, eraseIn } from "./erase.ts";
import { changesPage, feedEndOf, feedPage } from "./feed.ts";
import { inboxPage, inboxRow } from "./inbox.ts";
import { membersPage, raiseMarks, receiptsPage, tallyOf } from "./member-pages.ts";
import { type OpenFile, openFile } from "./open-file.ts";
import { pageOf } from "./range.ts";
import { blockedBetween } from "./refusal.ts";
import { readRevocations, revokeUser } from "./revocations.ts";
import { banUser, blockUser, claimLease, movePosition, putState, settingOf } from "./settings.ts";

/** A message store in one JSON file: to learn from, not for production. */
export function jsonFileStore({ file }: { readonly file: string }): MessageStore {
  return new JsonFileStore(file);
}

type Method<Name extends keyof MessageStore> = MessageStore[Name] extends (...given: infer Given) => infer Answer
  ? (...given: Given) => Answer
  : never;

/**
 * Everything is decided in memory, at once, so each call is one atomic step and what it reads one snapshot. The
 * answer waits until the file holds all that was decided before it: nobody ever sees what a crash takes back.
 */
class JsonFileStore implements MessageStore {
  readonly #file: string;
  #opening: Promise<OpenFile> | null = null;
  #open: OpenFile | null = null;
  #closing: Promise<void> | null = null;

  constructor(file: string) {
    this.#file = file;
  }

  get durability(): Durability {
    return this.#open?.durability ?? "fsync";
  }

  async open(): Promise<void> {
    if (this.#closing !== null || this.#opening !== null) {
      throw new ChatError("conflict", "unable to open store; it was opened or closed before");
    }
    try {
      this.#opening = openFile(this.#file);
      const opened = await this.#opening;
      // Closed meanwhile: `close` lets go of it.
      if (this.#closing !== null) throw closed();
      this.#open = opened;
    } catch (error) {
      this.#opening = null;
      throw error;
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  async #end(): Promise<void> {
    const opened = await this.#opening?.catch(() => null);
    // Who waits for a write that fails is told so by its own call.
    await opened?.saves.settled().catch(() => undefined);
    await opened?.release();
    this.#open = null;
  }

  /** Runs at once on the content, and answers when the file holds all that was decided up to then. */
  async #on<Answer>(run: (content: Content) => Answer): Promise<Answer> {
    if (this.#open === null || this.#closing !== null) throw closed();
    const { content, saves } = this.#open;
    const answer = run(content);
    await saves.settled();
    return answer;
  }

  #in<Answer>(
    id: ConversationId,
    run: (conversation: Conversation, content: Content) => Answer,
  ): Promise<Answer | null> {
    return this.#on((content) => {
      const conversation = content.conversations.get(id);
      return conversation === undefined ? null : run(conversation, content);
    });
  }

  async ping(): Promise<void> {
    await this.#on(() => null);
    await this.#open?.check();
  }

  append: Method<"append"> = (batch) => this.#on((content) => batch.map((entry) => appendEntry(content, entry)));

  create: Method<"create"> = (conversation) => this.#on((content) => createConversation(content, conversation));

  range: Method<"range"> = (query) => this.#in(query.conversation, (conversation) => pageOf(conversation, query));

  settings: Method<"settings"> = (id) =>
    this.#in(id, ({ settings, epoch, kind, mode, members, settingsVersion, membersVersion }) => {
      return { ...settings, epoch, kind, mode, members: members.size, settingsVersion, membersVersion };
    });

  access: Method<"access"> = (pairs) =>
    this.#on(({ conversations }) =>
      pairs.map(({ user, conversation: id }) => {
        const conversation = conversations.get(id);
        const member = conversation?.members.get(user);
        if (conversation === undefined || member === undefined) return null;
        const { kind, mode, epoch, members, membersVersion } = conversation;
        const { role, delivered, read } = member;
        const { seq: head, ord } = headOf(conversation);
        const spans = keptSpans(conversation, member.spans);
        return { role, spans, kind, mode, epoch, head, ord, delivered, read, members: members.size, membersVersion };
      }),
    );

  members: Method<"members"> = (id, cursor, limit) =>
    this.#in(id, (conversation, content) => membersPage(content, conversation, cursor, limit));

  inbox: Method<"inbox"> = (user, cursor, limit) => this.#on((content) => inboxPage(content, user, cursor, limit));

  row: Method<"row"> = (user, id) => this.#in(id, (conversation) => inboxRow(conversation, user));

  raise: Method<"raise"> = (raises) => this.#on((content) => raises.map((raise) => raiseMarks(content, raise)));

  tally: Method<"tally"> = (id, limit) => this.#in(id, (conversation) => tallyOf(conversation, limit));

  receipts: Method<"receipts"> = (id, seq, cursor, limit) =>
    this.#in(id, (conversation, content) => receiptsPage(content, conversation, seq, cursor, limit));

  put: Method<"put"> = (user, id, state) => this.#on((content) => putState(content, user, id, state));

  ban: Method<"ban"> = (id, user, banned) => this.#on((content) => banUser(content, id, user, banned));

  block: Method<"block"> = (user, other, blocked) => this.#on((content) => blockUser(content, user, other, blocked));

  blocked: Method<"blocked"> = (user, others) =>
    this.#on((content) => others.map((other) => blockedBetween(content, user, other)));

  remove: Method<"remove"> = (id, user, by) => this.#on((content) => removeConversation(content, id, user, by));

  feed: Method<"feed"> = (after, rows, bytes) => this.#on((content) => feedPage(content, after, rows, bytes));

  feedEnd: Method<"feedEnd"> = () => this.#on(feedEndOf);

  changes: Method<"changes"> = (after, limit) => this.#on((content) => changesPage(content, after, limit));

  lease: Method<"lease"> = (name, node, ttlMs) => this.#on((content) => claimLease(content, name, node, ttlMs));

  position: Method<"position"> = (name, move) => this.#on((content) => movePosition(content, name, move));

  revoke: Method<"revoke"> = (user, keepMs) => this.#on((content) => revokeUser(content, user, keepMs));

  revocations: Method<"revocations"> = (after, limit) => this.#on((content) => readRevocations(content, after, limit));

  conversations: Method<"conversations"> = (after, limit) =>
    this.#on((content) =>
      sortedAbove(content, after)
        .slice(0, limit)
        .map(({ id, settings }) => ({ conversation: id, retention: settings.retention })),
    );

  expire: Method<"expire"> = (id, rule, rows) =>
    this.#in(id, (conversation, content) => expireEvents(content, conversation, rule, rows));

  memberships: Method<"memberships"> = (user, after, limit) =>
    this.#on((content) => membershipsOf(content, user, after, limit));

  erase: Method<"erase"> = (user, id) =>
    this.#on((content) => {
      const conversation = id === null ? undefined : content.conversations.get(id);
      if (id === null) eraseBeside(content, user);
      else if (conversation !== undefined) eraseIn(content, conversation, user);
    });

  setting: Method<"setting"> = (name, make) => this.#on((content) => settingOf(content, name, make));
}

function closed(): ChatError {
  return new ChatError("closed", "unable to use store; it is not open");
}
