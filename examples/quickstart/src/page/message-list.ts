import type { MessageWindow, WindowItem, WindowView } from "@earshot/client";
import { element, setText } from "./element.ts";
import { errorWords } from "./error-words.ts";
import { icon } from "./icon.ts";
import { KeyedRows } from "./keyed-rows.ts";
import { lineRow } from "./line-row.ts";
import { type Line, linesOf } from "./lines.ts";
import { LiveRegion } from "./live-region.ts";
import type { SendControl } from "./message-row.ts";
import { messageText } from "./message-text.ts";
import { ScrollHold } from "./scroll-hold.ts";
import type { View } from "./view.ts";

/** Nearer to the start than this, older messages are loaded, in px. */
const OLDER_WITHIN_PX = 320;

/** The messages of one conversation, kept in step with its window. */
export class MessageList implements View {
  readonly element: HTMLElement;
  readonly #window: MessageWindow;
  readonly #rows: KeyedRows<Line>;
  readonly #hold: ScrollHold;
  readonly #region = new LiveRegion();
  readonly #older = element("div", { class: "older" });
  readonly #empty = element("div", { class: "empty", attributes: { hidden: "" } });
  readonly #toEnd: HTMLButtonElement;
  readonly #toEndWords = element("span");
  readonly #onSeen: () => void;
  readonly #undo: () => void;
  #newestSeq = 0;
  #unseen = 0;
  #olderStatus: "resting" | "loading" | "failed" = "resting";

  /** `onSeen` is called whenever the newest message is in view. */
  constructor(window: MessageWindow, user: string, control: SendControl, onSeen: () => void) {
    this.#window = window;
    this.#onSeen = onSeen;
    const list = element("ol", { class: "lines", attributes: { "data-testid": "messages" } });
    const region = { role: "region", tabindex: "0", "aria-label": "Messages" };
    const scroller = element("div", { class: "scroller", attributes: region }, [this.#older, this.#empty, list]);
    this.#rows = new KeyedRows(
      list,
      ({ key }) => key,
      (line) => lineRow(line, user, control),
    );
    this.#hold = new ScrollHold(scroller, list, () => this.#onScroll());
    this.#toEnd = element(
      "button",
      {
        class: "to-bottom",
        attributes: { type: "button", hidden: "", "data-testid": "to-bottom" },
        on: { click: () => this.toEnd() },
      },
      [icon("down"), this.#toEndWords],
    );
    this.element = element("div", { class: "log" }, [scroller, this.#toEnd, this.#region.element]);
    this.#undo = window.subscribe((view) => this.#show(view));
    this.#show(window.current);
  }

  /** Whether the newest message is in view. */
  get atEnd(): boolean {
    return this.#hold.atEnd;
  }

  toEnd(): void {
    this.#hold.toEnd();
    this.#markSeen();
  }

  dispose(): void {
    this.#undo();
    this.#hold.dispose();
  }

  #show(view: WindowView): void {
    const first = this.#newestSeq === 0;
    const fresh = this.#freshIn(view.items);
    this.#hold.during(() => {
      this.#rows.show(linesOf(view, Date.now()));
      this.#showOlder();
      this.#showEmpty(view);
    });
    const news = first ? [] : fresh.filter((item) => item.kind === "message" && !item.own);
    for (const item of news) {
      if (item.kind === "message") this.#region.say(`${item.from}: ${messageText(item.body)}`);
    }
    if (this.#hold.atEnd) this.#markSeen();
    else this.#showUnseen(this.#unseen + news.length);
    this.#loadOlderIfNear();
  }

  /** What the log has gained at its end since the last look. */
  #freshIn(items: readonly WindowItem[]): readonly WindowItem[] {
    const fresh = items.filter(({ seq }) => seq !== null && seq > this.#newestSeq);
    this.#newestSeq = fresh.reduce((newest, { seq }) => Math.max(newest, seq ?? 0), this.#newestSeq);
    return fresh;
  }

  #onScroll(): void {
    if (this.#hold.atEnd) this.#markSeen();
    else this.#showUnseen(this.#unseen);
    this.#loadOlderIfNear();
  }

  #markSeen(): void {
    this.#unseen = 0;
    this.#toEnd.hidden = true;
    this.#onSeen();
  }

  #showUnseen(unseen: number): void {
    this.#unseen = unseen;
    this.#toEnd.hidden = false;
    setText(this.#toEndWords, unseen === 0 ? "Newest" : `${unseen} new message${unseen === 1 ? "" : "s"}`);
  }

  #showEmpty({ items, status, error }: WindowView): void {
    const words =
      error !== null
        ? errorWords(error)
        : items.length > 0
          ? ""
          : status === "loading"
            ? "Loading messages…"
            : "No messages yet. Say hello.";
    setText(this.#empty, words);
    this.#empty.hidden = words === "";
  }

  #loadOlderIfNear(): void {
    const { hasOlder, status } = this.#window.current;
    if (!hasOlder || status === "loading" || this.#olderStatus !== "resting") return;
    if (this.#hold.nearStart(OLDER_WITHIN_PX)) void this.#loadOlder();
  }

  async #loadOlder(): Promise<void> {
    this.#olderStatus = "loading";
    this.#showOlder();
    try {
      await this.#window.older();
      this.#olderStatus = "resting";
    } catch {
      this.#olderStatus = "failed";
    }
    this.#hold.during(() => this.#showOlder());
    this.#loadOlderIfNear();
  }

  #showOlder(): void {
    if (!this.#window.current.hasOlder) {
      this.#older.replaceChildren();
      return;
    }
    if (this.#olderStatus === "loading") {
      this.#older.replaceChildren(element("span", { class: "muted", text: "Loading earlier messages…" }));
      return;
    }
    const again = element("button", {
      class: "text-button",
      text: this.#olderStatus === "failed" ? "Could not load earlier messages. Try again" : "Load earlier messages",
      attributes: { type: "button", "data-testid": "older" },
      on: { click: () => void this.#loadOlder() },
    });
    this.#older.replaceChildren(again);
  }
}
