import type { Conversation, Message, MessageWindow } from "@earshot/client";
import { Composer, type Purpose } from "../conversation/composer.ts";
import type { MessageControl } from "../messages/message-control.ts";
import { MessageList } from "../messages/message-list.ts";
import { MessageRow } from "../messages/message-row.ts";
import { element } from "../ui/element.ts";
import { sidePanel } from "../ui/side-panel.ts";
import type { Panel } from "./panel.ts";

export interface ThreadPanelParts {
  readonly conversation: Conversation;
  readonly user: string;
  readonly control: MessageControl;
  /** The message that the thread is about, as long as it is known. */
  readonly root: () => Message | null;
  /** The window that may tell of changes of it. */
  readonly window: MessageWindow;
  readonly mayWrite: boolean;
  readonly onSend: (text: string, purpose: Purpose) => void;
  readonly onPress: () => void;
  readonly close: () => void;
}

const ALONE = { day: null, hole: false, unread: false, opensRun: true, pinned: false, quoted: undefined } as const;

/** A message and the replies to it, with a box to write one more. */
export class ThreadPanel implements Panel {
  readonly element: HTMLElement;
  readonly seq: number;
  readonly #list: MessageList;
  readonly #composer: Composer | null;
  readonly #undo: () => void;

  constructor(seq: number, parts: ThreadPanelParts) {
    const { conversation, user, control, mayWrite, onSend, onPress, close } = parts;
    this.seq = seq;
    const root = element("ol", { class: "thread-root lines" });
    const row = new MessageRow(control);
    root.append(element("li", { class: "line" }, [row.element]));
    const showRoot = (): void => {
      const message = parts.root();
      // in its own thread a message needs no way to it
      if (message !== null) row.update({ ...ALONE, item: { ...message, replies: 0 } });
    };
    showRoot();
    this.#list = new MessageList({
      window: conversation.thread(seq),
      user,
      control,
      label: "Replies",
      testId: "thread-messages",
      emptyWords: "No replies yet.",
      thread: seq,
    });
    this.#composer = mayWrite
      ? new Composer({
          draft: "",
          label: "Reply in thread",
          testId: "thread-composer",
          onSend: (text, purpose) => {
            if (purpose.kind === "new") void this.#list.toEnd();
            onSend(text, purpose);
          },
          onPress,
        })
      : null;
    this.element = sidePanel("Thread", "thread", close, [
      root,
      this.#list.element,
      ...(this.#composer === null ? [] : [this.#composer.element]),
    ]);
    this.#undo = parts.window.subscribe(showRoot);
  }

  edit(message: Message): void {
    this.#composer?.edit(message);
  }

  focus(): void {
    if (this.#composer === null) this.element.querySelector<HTMLElement>(".panel-heading")?.focus();
    else this.#composer.focus();
  }

  dispose(): void {
    this.#undo();
    this.#list.dispose();
    this.#composer?.dispose();
  }
}
