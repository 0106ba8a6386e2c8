import { element, setText } from "../ui/element.ts";
import { icon } from "../ui/icon.ts";

/** The two ways out of the middle of a conversation, over its messages: to the newest, and up to the first unread. */
export class JumpButtons {
  readonly toEnd: HTMLButtonElement;
  readonly toUnread: HTMLButtonElement;
  readonly #endWords = element("span");
  readonly #unreadWords = element("span");

  constructor(toEnd: () => void, toUnread: () => void) {
    const button = (look: string, testId: string, click: () => void): HTMLButtonElement =>
      element("button", {
        class: `jump ${look}`,
        attributes: { type: "button", hidden: "", "data-testid": testId },
        on: { click },
      });
    this.toEnd = button("jump-down", "to-bottom", toEnd);
    this.toEnd.append(icon("down"), this.#endWords);
    this.toUnread = button("jump-up", "to-unread", toUnread);
    this.toUnread.append(icon("up"), this.#unreadWords);
  }

  /** `news`: how many came since one has left the end; null: at the end, nothing to show. */
  showEnd(news: number | null): void {
    this.toEnd.hidden = news === null;
    setText(this.#endWords, news === null || news === 0 ? "Newest" : newMessages(news));
  }

  /** `unread`: how many there are, 0 where that is not known; null: the line is in view, or there is none. */
  showUnread(unread: number | null): void {
    this.toUnread.hidden = unread === null;
    setText(this.#unreadWords, unread === null || unread === 0 ? "New messages" : newMessages(unread));
  }
}

function newMessages(count: number): string {
  return `${count} new message${count === 1 ? "" : "s"}`;
}
