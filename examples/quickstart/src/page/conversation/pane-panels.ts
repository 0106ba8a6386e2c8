import type { ChatClient, Conversation, ConversationRow, Message, MessageWindow } from "@earshot/client";
import { messageAt } from "../messages/item-at.ts";
import type { MessageControl } from "../messages/message-control.ts";
import { DetailsPanel } from "../panels/details-panel.ts";
import { PinnedPanel } from "../panels/pinned-panel.ts";
import { ThreadPanel } from "../panels/thread-panel.ts";
import { mayManage, mayWrite } from "../people/rights.ts";
import type { Roster } from "../people/roster.ts";
import type { Note } from "../ui/note.ts";
import type { MessageDeeds } from "./message-deeds.ts";
import type { Sends } from "./sends.ts";
import { Side } from "./side.ts";

export interface PanePanelsParts {
  readonly pane: HTMLElement;
  readonly chat: ChatClient;
  readonly conversation: Conversation;
  readonly user: string;
  readonly window: MessageWindow;
  readonly roster: Roster;
  readonly deeds: MessageDeeds;
  readonly sends: Sends;
  readonly note: Note;
  /** Of messages in a thread. */
  readonly control: MessageControl;
  readonly row: () => ConversationRow | null;
  readonly jump: (seq: number) => void;
  readonly markUnread: () => void;
  readonly leave: () => void;
}

/** What can be opened beside a conversation: a thread, the pinned messages, the details. */
export class PanePanels {
  readonly #parts: PanePanelsParts;
  readonly #side: Side;

  constructor(parts: PanePanelsParts) {
    this.#parts = parts;
    this.#side = new Side(parts.pane);
  }

  show(row: ConversationRow): void {
    this.#side.show(row);
  }

  /** False: no thread is open. */
  editInThread(message: Message): boolean {
    const { panel } = this.#side;
    if (!(panel instanceof ThreadPanel)) return false;
    panel.edit(message);
    return true;
  }

  openThread(seq: number): void {
    const { conversation, window, user, control, deeds, sends, row } = this.#parts;
    const known = messageAt(window.current.items, seq);
    const panel = new ThreadPanel(seq, {
      conversation,
      user,
      control,
      window,
      root: () => messageAt(window.current.items, seq) ?? known,
      mayWrite: mayWrite(row()?.role ?? "reader"),
      onSend: (text, purpose) => {
        if (purpose.kind === "edit") deeds.edit(purpose.message, text);
        else sends.send(conversation.id, text, seq);
      },
      onPress: () => conversation.typing.press(),
      close: this.#side.close,
    });
    this.#side.open(panel);
  }

  openPinned(): void {
    const { window, deeds, jump, row } = this.#parts;
    const current = row();
    if (current === null) return;
    const panel = new PinnedPanel(current, {
      find: (seq) => messageAt(window.current.items, seq),
      unpin: mayManage(current.role) ? (seq) => void deeds.pin(seq, false) : null,
      jump,
      close: this.#side.close,
    });
    this.#side.open(panel);
  }

  openDetails(): void {
    const { chat, conversation, user, roster, note, row, markUnread, leave } = this.#parts;
    const current = row();
    if (current === null) return;
    const parts = { chat, conversation, user, roster, note, markUnread, leaveView: leave, close: this.#side.close };
    this.#side.open(new DetailsPanel(current, parts));
  }

  dispose(): void {
    this.#side.dispose();
  }
}
