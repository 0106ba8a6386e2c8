import type { ChatClient, Conversation, ConversationRow, Message, MessageWindow } from "@earshot/client";
import { newestSeq } from "../messages/item-at.ts";
import type { MessageControl } from "../messages/message-control.ts";
import { MessageList } from "../messages/message-list.ts";
import { openReaders } from "../panels/readers-dialog.ts";
import { mayWrite } from "../people/rights.ts";
import { Roster } from "../people/roster.ts";
import { confirm } from "../ui/dialog.ts";
import { element } from "../ui/element.ts";
import { openMenu } from "../ui/menu.ts";
import type { Note } from "../ui/note.ts";
import type { View } from "../ui/view.ts";
import { errorWords } from "../words/error-words.ts";
import { shownText } from "../words/message-words.ts";
import { Composer, type Purpose } from "./composer.ts";
import { connectionStrip } from "./connection-strip.ts";
import { ConversationHeader } from "./conversation-header.ts";
import { joinOffer } from "./join-offer.ts";
import { MessageDeeds } from "./message-deeds.ts";
import { type MenuDeeds, messageMenu } from "./message-menu.ts";
import { lastOwn, membersChangedAt, unreadOf } from "./pane-items.ts";
import { PanePanels } from "./pane-panels.ts";
import type { Sends } from "./sends.ts";
import { storageStrip } from "./storage-strip.ts";
import { typingLine } from "./typing-line.ts";

export interface PaneParts {
  readonly chat: ChatClient;
  readonly user: string;
  readonly sends: Sends;
  readonly note: Note;
  /** Shows the list instead. */
  readonly leave: () => void;
}

/** Messages that one look brings, and each scroll beyond them. */
const PAGE_ROWS = 100;

/** The right pane: one conversation, its messages, the box to write in, and what is opened beside them. */
export class ConversationPane implements View {
  readonly element: HTMLElement;
  readonly id: string;
  readonly #parts: PaneParts;
  readonly #conversation: Conversation;
  readonly #window: MessageWindow;
  readonly #header: ConversationHeader;
  readonly #list: MessageList;
  readonly #composer: Composer;
  readonly #deeds: MessageDeeds;
  readonly #roster: Roster;
  readonly #panels: PanePanels;
  readonly #views: readonly View[];
  readonly #undo: readonly (() => void)[];
  readonly #readOnly = element("p", { class: "strip", text: "You can read here, but not write." });
  readonly #join: HTMLElement;
  #row: ConversationRow | null = null;
  #membersSeq = 0;
  /** From here on nothing counts as read. */
  #isLeft = false;

  constructor(id: string, draft: string, parts: PaneParts) {
    const { chat, user, note } = parts;
    this.id = id;
    this.#parts = parts;
    this.#conversation = chat.conversation(id);
    this.#window = this.#conversation.messages({ limit: PAGE_ROWS });
    this.#deeds = new MessageDeeds(this.#conversation, note);
    this.#roster = new Roster(this.#conversation);
    this.#header = new ConversationHeader({
      chat,
      user,
      openPinned: () => this.#panels.openPinned(),
      openDetails: () => this.#panels.openDetails(),
    });
    this.#list = new MessageList({
      window: this.#window,
      user,
      control: this.#control(false),
      label: "Messages",
      testId: "messages",
      emptyWords: "No messages yet. Say hello.",
      unread: unreadOf(chat.inbox.current.rows.find((row) => row.id === id)),
      onSeen: (seq) => this.#markRead(seq),
    });
    this.#composer = new Composer({
      draft,
      label: "Message",
      testId: "composer",
      onSend: (text, purpose) => this.#send(text, purpose),
      onPress: () => this.#conversation.typing.press(),
      last: () => lastOwn(this.#window.current.items),
    });
    this.#views = [typingLine(this.#conversation.typing), connectionStrip(chat), storageStrip(chat.storage)];
    this.#join = joinOffer(this.#conversation);
    const foot = [...this.#views.map((view) => view.element), this.#readOnly, this.#composer.element];
    const talk = element("div", { class: "talk" }, [this.#header.element, this.#list.element, this.#join, ...foot]);
    this.element = element("main", { class: "pane", attributes: { "data-testid": "conversation" } }, [talk]);
    this.#panels = this.#makePanels();
    this.#undo = [this.#window.subscribe(() => this.#onWindow()), this.#roster.subscribe(() => this.#showRow())];
    this.#onWindow();
  }

  get draft(): string {
    return this.#composer.draft;
  }

  get atEnd(): boolean {
    return this.#list.atEnd;
  }

  /** `row`: what the list knows of this conversation; of one that has left the list the last is kept. */
  show(row: ConversationRow | null): void {
    if (row === null || row === this.#row) return;
    this.#row = row;
    this.#showRow();
  }

  focus(): void {
    if (!this.#composer.element.hidden) this.#composer.focus();
  }

  /** Somebody may be looking again. */
  tellSeen(): void {
    this.#list.tellSeen();
  }

  dispose(): void {
    for (const undo of this.#undo) undo();
    for (const view of this.#views) view.dispose();
    this.#panels.dispose();
    this.#header.dispose();
    this.#list.dispose();
    this.#composer.dispose();
  }

  #showRow(): void {
    const members = this.#roster.members.map(([person]) => person);
    this.#header.show(this.#row, members);
    if (this.#row === null) return;
    this.#list.pinned = this.#row.pinned ?? [];
    this.#panels.show(this.#row);
    this.#showRights();
  }

  #onWindow(): void {
    const { items } = this.#window.current;
    for (const item of items.slice(-20)) if (item.kind === "message" && item.own) this.#parts.sends.adopt(item);
    const seq = membersChangedAt(items, this.#membersSeq);
    if (seq > this.#membersSeq && this.#membersSeq > 0) void this.#roster.refresh();
    this.#membersSeq = Math.max(seq, newestSeq(items));
    this.#showRights();
  }

  #showRights(): void {
    const gone = this.#window.current.error?.code === "not_found";
    const reads = this.#row !== null && !mayWrite(this.#row.role);
    this.#readOnly.hidden = gone || !reads;
    this.#composer.element.hidden = gone || reads;
    this.#join.hidden = !gone;
    this.#join.parentElement?.classList.toggle("talk-gone", gone);
  }

  #markRead(seq: number): void {
    if (this.#isLeft) return;
    if (seq > (this.#row?.read ?? 0) || this.#row?.marked === true) this.#conversation.markRead(seq);
  }

  #send(text: string, purpose: Purpose): void {
    if (purpose.kind === "edit") {
      this.#deeds.edit(purpose.message, text);
      return;
    }
    const re = purpose.kind === "reply" ? (purpose.message.seq ?? undefined) : undefined;
    void this.#list.toEnd();
    this.#parts.sends.send(this.id, text, re);
  }

  #makePanels(): PanePanels {
    const { chat, user, sends, note, leave } = this.#parts;
    return new PanePanels({
      ...{ chat, user, sends, note, leave },
      pane: this.element,
      conversation: this.#conversation,
      window: this.#window,
      roster: this.#roster,
      deeds: this.#deeds,
      control: this.#control(true),
      row: () => this.#row,
      jump: (seq) => void this.#jump(seq),
      markUnread: () => {
        this.#isLeft = true;
        this.#conversation.markUnread();
        leave();
      },
    });
  }

  #control(inThread: boolean): MessageControl {
    const { sends } = this.#parts;
    return {
      retry: (message) => sends.retry(message),
      discard: (message) => sends.discard(message),
      react: (message, key) => this.#deeds.react(message, key),
      openActions: (message, button) => this.#openActions(message, button, inThread),
      openThread: (seq) => this.#panels.openThread(seq),
      jump: (seq) => void this.#jump(seq),
    };
  }

  #openActions(message: Message, button: HTMLElement, inThread: boolean): void {
    const role = this.#row?.role ?? "reader";
    const pinned = message.seq !== null && this.#row?.pinned?.includes(message.seq) === true;
    const hasReceipts = this.#conversation.receipts.current.members.size > 0;
    openMenu(button, messageMenu(message, { role, pinned, hasReceipts, inThread }, this.#menuDeeds(inThread)));
  }

  #menuDeeds(inThread: boolean): MenuDeeds {
    return {
      react: (message, key) => this.#deeds.react(message, key),
      reply: (message) => this.#composer.replyTo(message),
      openThread: (seq) => this.#panels.openThread(seq),
      copy: (message) => void navigator.clipboard?.writeText(shownText(message)).catch(() => {}),
      edit: (message) => {
        if (!inThread || !this.#panels.editInThread(message)) this.#composer.edit(message);
      },
      pin: ({ seq }, on) => {
        if (seq !== null) void this.#deeds.pin(seq, on);
      },
      showReaders: ({ seq }) => {
        if (seq !== null) openReaders(seq, this.#conversation.receipts);
      },
      delete: (message) => {
        confirm("Delete this message?", "Its content is gone for everybody.", "Delete", () =>
          this.#deeds.delete(message),
        );
      },
    };
  }

  async #jump(seq: number): Promise<void> {
    try {
      await this.#list.goTo(seq);
    } catch (error) {
      this.#parts.note.say(`The message could not be shown. ${errorWords(error)}`);
    }
  }
}
