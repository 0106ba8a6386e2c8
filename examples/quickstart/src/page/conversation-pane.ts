import type { ChatClient, ConversationRow, MessageWindow } from "@earshot/client";
import { avatar } from "./avatar.ts";
import { Composer } from "./composer.ts";
import { connectionStrip } from "./connection-strip.ts";
import { conversationTitle, peopleOf } from "./conversation-title.ts";
import { element, setText } from "./element.ts";
import { icon } from "./icon.ts";
import { MessageList } from "./message-list.ts";
import type { Sends } from "./sends.ts";
import type { View } from "./view.ts";

export interface PaneParts {
  readonly chat: ChatClient;
  readonly user: string;
  readonly sends: Sends;
  /** Called whenever the newest message is in view. */
  readonly onSeen: () => void;
}

/** The right pane: one conversation, its messages and the box to write in. */
export class ConversationPane implements View {
  readonly element: HTMLElement;
  readonly id: string;
  readonly #user: string;
  readonly #window: MessageWindow;
  readonly #list: MessageList;
  readonly #composer: Composer;
  readonly #strip: View;
  readonly #undo: () => void;
  readonly #title = element("h2", { class: "pane-title" });
  readonly #people = element("p", { class: "hint" });
  readonly #readOnly = element("p", { class: "strip", text: "You can read here, but not write." });
  #avatar = avatar("");
  #row: ConversationRow | null = null;

  constructor(id: string, draft: string, { chat, user, sends, onSeen }: PaneParts) {
    this.id = id;
    this.#user = user;
    this.#window = chat.conversation(id).messages();
    this.#list = new MessageList(this.#window, user, sends, onSeen);
    this.#strip = connectionStrip(chat);
    this.#composer = new Composer(draft, (text) => {
      this.#list.toEnd();
      sends.send(id, text);
    });
    const back = element(
      "a",
      { class: "icon-button back", attributes: { href: "#", "aria-label": "Back to the list" } },
      [icon("back")],
    );
    const words = element("div", { class: "pane-words" }, [this.#title, this.#people]);
    this.element = element("main", { class: "pane", attributes: { "data-testid": "conversation" } }, [
      element("header", { class: "pane-top" }, [back, this.#avatar, words]),
      this.#list.element,
      this.#strip.element,
      this.#readOnly,
      this.#composer.element,
    ]);
    this.#undo = this.#window.subscribe(() => this.#showRights());
    this.show(null);
  }

  get draft(): string {
    return this.#composer.draft;
  }

  get atEnd(): boolean {
    return this.#list.atEnd;
  }

  /** `row`: what the list knows of this conversation; of one that has left the list the last is kept. */
  show(row: ConversationRow | null): void {
    this.#row = row ?? this.#row;
    const name = this.#row === null ? "Conversation" : conversationTitle(this.#row, this.#user);
    if (name !== this.#title.textContent) {
      const fresh = avatar(name);
      this.#avatar.replaceWith(fresh);
      this.#avatar = fresh;
    }
    setText(this.#title, name);
    const people = this.#row === null || this.#row.kind === "direct" ? [] : peopleOf(this.#row);
    setText(this.#people, people.map((person) => (person === this.#user ? "you" : person)).join(", "));
    this.#people.hidden = people.length === 0;
    this.#showRights();
  }

  focus(): void {
    if (!this.#composer.element.hidden) this.#composer.focus();
  }

  dispose(): void {
    this.#undo();
    this.#list.dispose();
    this.#strip.dispose();
    this.#composer.dispose();
  }

  #showRights(): void {
    const gone = this.#window.current.error?.code === "not_found";
    this.#readOnly.hidden = gone || this.#row?.role !== "reader";
    this.#composer.element.hidden = gone || this.#row?.role === "reader";
  }
}
