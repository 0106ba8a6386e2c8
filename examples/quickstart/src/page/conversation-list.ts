import type { ConnectionView, InboxView } from "@earshot/client";
import { ConversationListRow, type ListedConversation } from "./conversation-row.ts";
import { element } from "./element.ts";
import { errorWords } from "./error-words.ts";
import { KeyedRows } from "./keyed-rows.ts";

/** What the list is drawn from. */
export interface ListView {
  readonly conversations: readonly ListedConversation[];
  readonly inbox: InboxView;
  readonly connection: ConnectionView;
}

/** The user's conversations, newest activity first; where there are none, why. */
export class ConversationList {
  readonly element: HTMLElement;
  readonly #rows: KeyedRows<ListedConversation>;
  readonly #empty = element("div", { class: "empty", attributes: { "data-testid": "no-conversations" } });
  #shownReason = "";

  constructor(user: string) {
    const list = element("ul", { attributes: { "data-testid": "conversations" } });
    this.#rows = new KeyedRows(
      list,
      ({ row }) => row.id,
      (listed) => new ConversationListRow(listed, user),
    );
    this.element = element("nav", { class: "list-pane", attributes: { "aria-label": "Conversations" } }, [
      list,
      this.#empty,
    ]);
  }

  show(view: ListView): void {
    this.#rows.show(view.conversations);
    const [title, words] = emptyWords(view);
    this.#empty.hidden = title === "";
    if (title + words === this.#shownReason) return;
    this.#shownReason = title + words;
    this.#empty.replaceChildren(element("strong", { text: title }), element("span", { text: words }));
  }
}

function emptyWords({ conversations, inbox, connection }: ListView): readonly [title: string, words: string] {
  if (conversations.length > 0) return ["", ""];
  if (inbox.status === "live") return ["No conversations yet", "Start one with somebody, and it appears here."];
  if (connection.status === "waiting") {
    return ["The server cannot be reached", "Your conversations appear as soon as it answers."];
  }
  if (connection.status === "closed") return ["Disconnected", ""];
  return inbox.error === null ? ["", ""] : ["Your conversations could not be loaded", errorWords(inbox.error)];
}
