import type { ConnectionView, ConversationRow, InboxView } from "@earshot/client";
import { element } from "../ui/element.ts";
import { WindowedRows } from "../ui/windowed-rows.ts";
import { errorWords } from "../words/error-words.ts";
import { ConversationListRow, type ListScene } from "./conversation-row.ts";

/** Height of a row, in px. */
const ROW_GUESS_PX = 60;
/** Rows on the page at most: the presence of who is in them is asked for, and a session may ask for 200. */
const ROWS_MAX = 80;

/** The user's conversations, newest activity first; where there are none, why. */
export class ConversationList {
  readonly element: HTMLElement;
  readonly #rows: WindowedRows<ConversationRow>;
  readonly #empty = element("div", { class: "empty", attributes: { "data-testid": "no-conversations" } });
  #shownReason = "";

  constructor(scene: ListScene) {
    const list = element("ul", { class: "rows", attributes: { "data-testid": "conversations" } });
    this.element = element("nav", { class: "list-pane", attributes: { "aria-label": "Conversations" } }, [
      list,
      this.#empty,
    ]);
    this.#rows = new WindowedRows({
      scroller: this.element,
      list,
      keyOf: ({ id }) => id,
      make: (row) => new ConversationListRow(row, scene),
      sticksTo: () => "start",
      guessPx: ROW_GUESS_PX,
      rowsMax: ROWS_MAX,
    });
  }

  show(inbox: InboxView, connection: ConnectionView): void {
    this.#rows.show(inbox.rows);
    const [title, words] = emptyWords(inbox, connection);
    this.#empty.hidden = title === "";
    if (title + words === this.#shownReason) return;
    this.#shownReason = title + words;
    this.#empty.replaceChildren(element("strong", { text: title }), element("span", { text: words }));
  }

  dispose(): void {
    this.#rows.dispose();
  }
}

function emptyWords(inbox: InboxView, connection: ConnectionView): readonly [title: string, words: string] {
  if (inbox.rows.length > 0) return ["", ""];
  if (inbox.status === "live") return ["No conversations yet", "Start one with somebody, and it appears here."];
  if (connection.status === "waiting") {
    return ["The server cannot be reached", "Your conversations appear as soon as it answers."];
  }
  if (connection.status === "closed") return ["Disconnected", ""];
  return inbox.error === null ? ["", ""] : ["Your conversations could not be loaded", errorWords(inbox.error)];
}
