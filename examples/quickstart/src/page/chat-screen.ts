import type { ChatClient, ConversationRow } from "@earshot/client";
import { ConversationList } from "./conversation-list.ts";
import { ConversationPane } from "./conversation-pane.ts";
import type { ListedConversation } from "./conversation-row.ts";
import { element } from "./element.ts";
import { NewConversationDialog } from "./new-conversation-dialog.ts";
import { addressOf, onRoute, openConversation } from "./route.ts";
import { Sends } from "./sends.ts";
import { sidebar } from "./sidebar.ts";
import { UnreadMarks } from "./unread-marks.ts";
import type { View } from "./view.ts";

/** The list beside the open conversation; on a phone one of the two. */
export class ChatScreen implements View {
  readonly element: HTMLElement;
  readonly #chat: ChatClient;
  readonly #user: string;
  readonly #list: ConversationList;
  readonly #marks: UnreadMarks;
  readonly #sends: Sends;
  readonly #drafts = new Map<string, string>();
  readonly #nothingOpen = nothingOpen();
  readonly #undo: readonly (() => void)[];
  #pane: ConversationPane | null = null;
  #watching = false;

  constructor(chat: ChatClient, user: string, signOut: () => void) {
    this.#chat = chat;
    this.#user = user;
    this.#list = new ConversationList(user);
    this.#marks = new UnreadMarks(user);
    this.#sends = new Sends(chat);
    const left = sidebar(chat, user, this.#list, { newConversation: () => this.#askForConversation(), signOut });
    this.element = element("div", { class: "chat" }, [left.element, this.#nothingOpen]);
    const show = (): void => this.#show();
    document.addEventListener("visibilitychange", show);
    this.#undo = [
      left.dispose,
      chat.inbox.subscribe(show),
      chat.connection.subscribe(show),
      onRoute(() => this.#follow()),
      () => document.removeEventListener("visibilitychange", show),
    ];
    this.#follow();
  }

  dispose(): void {
    for (const undo of this.#undo) undo();
    this.#pane?.dispose();
    document.title = "Earshot quickstart";
  }

  /** Opens what the address names. */
  #follow(): void {
    const wanted = openConversation();
    this.element.dataset.screen = wanted === null ? "list" : "conversation";
    if (wanted === (this.#pane?.id ?? null)) {
      this.#show();
      return;
    }
    const before: View = this.#pane ?? { element: this.#nothingOpen, dispose: () => {} };
    if (this.#pane !== null) this.#drafts.set(this.#pane.id, this.#pane.draft);
    this.#pane = wanted === null ? null : this.#paneOf(wanted);
    before.element.replaceWith(this.#pane?.element ?? this.#nothingOpen);
    before.dispose();
    this.#show();
    this.#pane?.focus();
  }

  #paneOf(id: string): ConversationPane {
    const parts = { chat: this.#chat, user: this.#user, sends: this.#sends, onSeen: () => this.#show() };
    return new ConversationPane(id, this.#drafts.get(id) ?? "", parts);
  }

  #show(): void {
    const inbox = this.#chat.inbox.current;
    this.#markSeen(inbox.rows);
    const conversations = inbox.rows.map(
      (row): ListedConversation => ({
        row,
        unread: this.#marks.unread(row.id, row.ord, this.#watching),
        open: row.id === this.#pane?.id,
      }),
    );
    this.#list.show({ conversations, inbox, connection: this.#chat.connection.current });
    this.#pane?.show(inbox.rows.find(({ id }) => id === this.#pane?.id) ?? null);
    const unread = conversations.reduce((sum, listed) => sum + listed.unread, 0);
    document.title = unread === 0 ? "Earshot quickstart" : `(${unread}) Earshot quickstart`;
    if (inbox.status === "live") this.#watching = true;
  }

  #markSeen(rows: readonly ConversationRow[]): void {
    const pane = this.#pane;
    if (pane === null || !pane.atEnd || document.visibilityState !== "visible") return;
    const row = rows.find(({ id }) => id === pane.id);
    if (row !== undefined) this.#marks.see(row.id, row.ord);
  }

  #askForConversation(): void {
    const dialog = new NewConversationDialog(
      this.#user,
      (options) => this.#chat.create(options),
      (row) => {
        location.hash = addressOf(row.id);
      },
    );
    dialog.open();
  }
}

function nothingOpen(): HTMLElement {
  return element("main", { class: "pane" }, [
    element("div", { class: "empty" }, [
      element("strong", { text: "No conversation open" }),
      element("span", { text: "Choose one from the list, or start a new one." }),
    ]),
  ]);
}
