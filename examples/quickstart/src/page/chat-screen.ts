import type { ChatClient, UnreadView } from "@earshot/client";
import { ConversationPane } from "./conversation/conversation-pane.ts";
import { Sends } from "./conversation/sends.ts";
import { ConversationList } from "./list/conversation-list.ts";
import { NewConversationDialog } from "./list/new-conversation-dialog.ts";
import { addressOf, onRoute, openConversation } from "./route.ts";
import { sidebar } from "./sidebar.ts";
import { element } from "./ui/element.ts";
import { Note } from "./ui/note.ts";
import type { View } from "./ui/view.ts";

const TITLE = "Earshot quickstart";

/** The list beside the open conversation; on a phone one of the two. */
export class ChatScreen implements View {
  readonly element: HTMLElement;
  readonly #chat: ChatClient;
  readonly #user: string;
  readonly #list: ConversationList;
  readonly #sends: Sends;
  readonly #note = new Note();
  readonly #drafts = new Map<string, string>();
  readonly #nothingOpen = nothingOpen();
  readonly #undo: readonly (() => void)[];
  #pane: ConversationPane | null = null;

  constructor(chat: ChatClient, user: string, signOut: () => void) {
    this.#chat = chat;
    this.#user = user;
    this.#list = new ConversationList({
      chat,
      user,
      open: () => this.#pane?.id ?? null,
      isSeen: (id) => id === this.#pane?.id && this.#pane.atEnd && document.visibilityState === "visible",
    });
    this.#sends = new Sends(chat);
    const left = sidebar(chat, user, this.#list, { newConversation: () => this.#askForConversation(), signOut });
    this.element = element("div", { class: "chat" }, [left.element, this.#nothingOpen, this.#note.element]);
    const show = (): void => this.#show();
    const look = (): void => {
      this.#pane?.tellSeen();
      this.#show();
    };
    document.addEventListener("visibilitychange", look);
    this.#undo = [
      left.dispose,
      chat.inbox.subscribe(show),
      chat.connection.subscribe(show),
      chat.unread.subscribe(showTitle),
      onRoute(() => this.#follow()),
      () => document.removeEventListener("visibilitychange", look),
    ];
    showTitle(chat.unread.current);
    this.#follow();
  }

  dispose(): void {
    for (const undo of this.#undo) undo();
    this.#pane?.dispose();
    this.#list.dispose();
    document.title = TITLE;
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
    const parts = { chat: this.#chat, user: this.#user, sends: this.#sends, note: this.#note };
    const leave = (): void => {
      location.hash = "";
    };
    return new ConversationPane(id, this.#drafts.get(id) ?? "", { ...parts, leave });
  }

  #show(): void {
    const inbox = this.#chat.inbox.current;
    this.#pane?.show(inbox.rows.find(({ id }) => id === this.#pane?.id) ?? null);
    this.#list.show(inbox, this.#chat.connection.current);
  }

  #askForConversation(): void {
    new NewConversationDialog({
      user: this.#user,
      create: (options) => this.#chat.create(options),
      onCreated: (row) => {
        location.hash = addressOf(row.id);
      },
    });
  }
}

/** "(3) …" for unread messages; "(•) …" where a conversation is only marked as unread. */
function showTitle({ messages, conversations }: UnreadView): void {
  const count = messages > 0 ? `(${messages}) ` : conversations > 0 ? "(•) " : "";
  document.title = `${count}${TITLE}`;
}

function nothingOpen(): HTMLElement {
  return element("main", { class: "pane" }, [
    element("div", { class: "empty" }, [
      element("strong", { text: "No conversation open" }),
      element("span", { text: "Choose one from the list, or start a new one." }),
    ]),
  ]);
}
