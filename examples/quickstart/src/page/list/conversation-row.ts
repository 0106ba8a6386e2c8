import type { ChatClient, ConversationRow } from "@earshot/client";
import { PersonMark } from "../people/person-mark.ts";
import { addressOf } from "../route.ts";
import { element, setText } from "../ui/element.ts";
import { icon } from "../ui/icon.ts";
import type { Row } from "../ui/shown-rows.ts";
import { conversationTitle, otherOf } from "../words/conversation-title.ts";
import { messageText } from "../words/message-text.ts";
import { DELETED_WORDS } from "../words/message-words.ts";
import { shortTime } from "../words/time-words.ts";

/** What a row of the list depends on beside the conversation. */
export interface ListScene {
  readonly chat: ChatClient;
  readonly user: string;
  /** The conversation that is open, if one is. */
  readonly open: () => string | null;
  /** Whether all of it is in view at this moment. */
  readonly isSeen: (conversation: string) => boolean;
}

/** One line of the list: who, the last words, when, how many are unread. */
export class ConversationListRow implements Row<ConversationRow> {
  readonly element: HTMLLIElement;
  readonly #scene: ListScene;
  readonly #link: HTMLAnchorElement;
  readonly #mark = new PersonMark();
  readonly #title = element("span", { class: "row-title" });
  readonly #time = element("span", { class: "row-time" });
  readonly #last = element("span", { class: "row-last" });
  readonly #signs = element("span", { class: "row-signs" });
  #shownSigns = "";

  constructor(row: ConversationRow, scene: ListScene) {
    this.#scene = scene;
    this.#link = element("a", { class: "row", attributes: { href: addressOf(row.id) } }, [
      this.#mark.element,
      element("span", { class: "row-words" }, [this.#title, this.#time, this.#last, this.#signs]),
    ]);
    this.#link.dataset.conversation = row.id;
    this.element = element("li", { class: "list-row" }, [this.#link]);
    this.update(row);
  }

  update(row: ConversationRow): void {
    const { chat, user, open, isSeen } = this.#scene;
    const name = conversationTitle(row, user);
    const other = otherOf(row, user);
    this.#mark.show(name, "large", other === null ? null : { chat, conversation: row.id, user: other });
    setText(this.#title, name);
    setText(this.#time, row.last === null ? "" : shortTime(row.last.at, Date.now()));
    setText(this.#last, lastWords(row, user));
    const seen = isSeen(row.id);
    this.#showSigns(row, seen);
    if (row.id === open()) this.#link.setAttribute("aria-current", "true");
    else this.#link.removeAttribute("aria-current");
  }

  dispose(): void {
    this.#mark.dispose();
  }

  #showSigns(row: ConversationRow, seen: boolean): void {
    const unread = seen ? 0 : row.unread;
    const mentions = seen ? 0 : row.mentions;
    const marked = row.marked === true && !seen;
    const muted = isMuted(row, Date.now());
    this.#link.dataset.unread = String(unread);
    this.#link.classList.toggle("row-has-unread", unread > 0 || marked);
    this.#link.classList.toggle("row-muted", muted);
    const signs = `${unread} ${mentions} ${marked} ${muted}`;
    if (signs === this.#shownSigns) return;
    this.#shownSigns = signs;
    const parts: Node[] = [];
    if (muted) parts.push(sign("row-mute", [icon("muted")], "muted"));
    if (mentions > 0) parts.push(sign("row-mention", [document.createTextNode("@")], "names you"));
    if (unread > 0)
      parts.push(
        sign("row-unread", [document.createTextNode(unread > 99 ? "99+" : String(unread))], `${unread} unread`),
      );
    else if (marked) parts.push(sign("row-unread row-marked", [], "marked as unread"));
    this.#signs.replaceChildren(...parts);
  }
}

/** Drawn for those who see it, said for those who do not. */
function sign(look: string, shown: readonly Node[], words: string): HTMLElement {
  return element("span", { class: look }, [
    element("span", { attributes: { "aria-hidden": "true" } }, shown),
    element("span", { class: "unseen", text: words }),
  ]);
}

function isMuted({ mute }: ConversationRow, now: number): boolean {
  return mute === true || (typeof mute === "number" && mute > now);
}

function lastWords({ last, kind }: ConversationRow, user: string): string {
  if (last === null) return "No messages yet";
  const text = last.deleted === true ? DELETED_WORDS : messageText(last.body);
  if (last.from === user) return `You: ${text}`;
  return kind === "direct" ? text : `${last.from}: ${text}`;
}
