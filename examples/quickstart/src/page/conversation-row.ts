import type { ConversationRow } from "@earshot/client";
import { avatar } from "./avatar.ts";
import { conversationTitle } from "./conversation-title.ts";
import { element, setText } from "./element.ts";
import type { Row } from "./keyed-rows.ts";
import { messageText } from "./message-text.ts";
import { addressOf } from "./route.ts";
import { shortTime } from "./time-words.ts";

/** A conversation as the list shows it. */
export interface ListedConversation {
  readonly row: ConversationRow;
  readonly unread: number;
  readonly open: boolean;
}

/** One line of the list: who, the last words, when, how many are unread. */
export class ConversationListRow implements Row<ListedConversation> {
  readonly element: HTMLLIElement;
  readonly #user: string;
  readonly #link: HTMLAnchorElement;
  readonly #title = element("span", { class: "row-title" });
  readonly #time = element("span", { class: "row-time" });
  readonly #last = element("span", { class: "row-last" });
  readonly #count = element("span", { attributes: { "aria-hidden": "true" } });
  readonly #countWords = element("span", { class: "unseen" });
  readonly #unread = element("span", { class: "row-unread" });
  #avatar: HTMLElement;
  #name = "";

  constructor(listed: ListedConversation, user: string) {
    this.#user = user;
    this.#avatar = avatar("");
    this.#link = element("a", { class: "row", attributes: { href: addressOf(listed.row.id) } }, [
      this.#avatar,
      element("span", { class: "row-words" }, [this.#title, this.#time, this.#last, this.#unread]),
    ]);
    this.#link.dataset.conversation = listed.row.id;
    this.element = element("li", {}, [this.#link]);
    this.update(listed);
  }

  update({ row, unread, open }: ListedConversation): void {
    const name = conversationTitle(row, this.#user);
    if (name !== this.#name) {
      const fresh = avatar(name);
      this.#avatar.replaceWith(fresh);
      this.#avatar = fresh;
      this.#name = name;
    }
    setText(this.#title, name);
    setText(this.#time, row.last === null ? "" : shortTime(row.last.at, Date.now()));
    setText(this.#last, lastWords(row, this.#user));
    this.#showUnread(unread);
    this.#link.classList.toggle("row-has-unread", unread > 0);
    if (open) this.#link.setAttribute("aria-current", "true");
    else this.#link.removeAttribute("aria-current");
  }

  #showUnread(unread: number): void {
    this.#link.dataset.unread = String(unread);
    setText(this.#count, unread > 99 ? "99+" : String(unread));
    setText(this.#countWords, `${unread} unread`);
    if (unread === 0) this.#unread.replaceChildren();
    else if (!this.#unread.hasChildNodes()) this.#unread.append(this.#count, this.#countWords);
  }
}

function lastWords({ last, kind }: ConversationRow, user: string): string {
  if (last === null) return "No messages yet";
  const text = last.deleted === true ? "Message deleted" : messageText(last.body);
  if (last.from === user) return `You: ${text}`;
  return kind === "direct" ? text : `${last.from}: ${text}`;
}
