import type { ChatClient, ConversationRow, Live, PresenceView } from "@earshot/client";
import { PersonMark } from "../people/person-mark.ts";
import { iconButton } from "../ui/button.ts";
import { element, setText } from "../ui/element.ts";
import { icon } from "../ui/icon.ts";
import type { View } from "../ui/view.ts";
import { conversationTitle, otherOf, peopleOf } from "../words/conversation-title.ts";
import { youOr } from "../words/people-words.ts";
import { presenceWords } from "../words/presence-words.ts";

export interface HeaderParts {
  readonly chat: ChatClient;
  readonly user: string;
  readonly openPinned: () => void;
  readonly openDetails: () => void;
}

/** Words about when somebody was last there grow old, in ms. */
const RENEW_MS = 30_000;

/** The top of a conversation: what it is called, who is there, and the way to more. */
export class ConversationHeader implements View {
  readonly element: HTMLElement;
  readonly #parts: HeaderParts;
  readonly #mark = new PersonMark();
  readonly #title = element("h2", { class: "pane-title", attributes: { "data-testid": "title" } });
  readonly #hint = element("p", { class: "hint", attributes: { "data-testid": "subtitle" } });
  readonly #pinned: HTMLButtonElement;
  readonly #pinnedCount = element("span", { class: "pinned-count" });
  readonly #details: HTMLButtonElement;
  readonly #renew: ReturnType<typeof setInterval>;
  #presence: Live<PresenceView> | null = null;
  #watched = "";
  #undo = (): void => {};
  #words = "";

  constructor(parts: HeaderParts) {
    this.#parts = parts;
    const back = element(
      "a",
      { class: "icon-button back", attributes: { href: "#", "aria-label": "Back to the list" } },
      [icon("back")],
    );
    this.#pinned = iconButton("pin", "Pinned messages", "open-pinned", parts.openPinned);
    this.#pinned.append(this.#pinnedCount);
    this.#details = iconButton("info", "Details and members", "open-details", parts.openDetails);
    const words = element("div", { class: "pane-words" }, [this.#title, this.#hint]);
    this.element = element("header", { class: "pane-top" }, [
      back,
      this.#mark.element,
      words,
      this.#pinned,
      this.#details,
    ]);
    this.#renew = setInterval(() => this.#showHint(), RENEW_MS);
    this.show(null, []);
  }

  /** `row` null: nothing is known of it. `members`: users, as far as they are known. */
  show(row: ConversationRow | null, members: readonly string[]): void {
    const { chat, user } = this.#parts;
    const name = row === null ? "Conversation" : conversationTitle(row, user);
    const other = row === null ? null : otherOf(row, user, members);
    this.#mark.show(name, "large", row === null || other === null ? null : { chat, conversation: row.id, user: other });
    setText(this.#title, name);
    const people = row === null || row.kind === "direct" ? [] : members.length > 0 ? members : peopleOf(row);
    this.#words = people.map((person) => youOr(person, user)).join(", ");
    this.#watch(row?.id ?? null, other);
    const pins = row?.pinned?.length ?? 0;
    this.#pinned.hidden = pins === 0;
    this.#pinned.setAttribute("aria-label", `${pins} pinned message${pins === 1 ? "" : "s"}`);
    setText(this.#pinnedCount, String(pins));
    this.#details.hidden = row === null;
    this.#showHint();
  }

  dispose(): void {
    clearInterval(this.#renew);
    this.#undo();
    this.#mark.dispose();
  }

  #watch(conversation: string | null, other: string | null): void {
    const watched = conversation === null || other === null ? "" : `${conversation} ${other}`;
    if (watched === this.#watched) return;
    this.#watched = watched;
    this.#undo();
    this.#presence =
      conversation === null || other === null ? null : this.#parts.chat.conversation(conversation).presence(other);
    this.#undo = this.#presence?.subscribe(() => this.#showHint()) ?? (() => {});
  }

  #showHint(): void {
    const words = this.#presence === null ? this.#words : presenceWords(this.#presence.current, Date.now());
    setText(this.#hint, words);
    this.#hint.hidden = words === "";
  }
}
