import type { MessageWindow, WindowItem, WindowView } from "@earshot/client";
import { element, setText } from "../ui/element.ts";
import { LiveRegion } from "../ui/live-region.ts";
import type { View } from "../ui/view.ts";
import { WindowedRows } from "../ui/windowed-rows.ts";
import { errorWords } from "../words/error-words.ts";
import { shownText } from "../words/message-words.ts";
import { itemFrom, itemsAbove, messageAt, newestSeq } from "./item-at.ts";
import { JumpButtons } from "./jump-buttons.ts";
import { type LineScene, lineOf } from "./line.ts";
import { LineRow } from "./line-row.ts";
import type { MessageControl } from "./message-control.ts";
import { MessageFocus } from "./message-focus.ts";
import { PageEdge } from "./page-edge.ts";

/** Nearer to an end than this, the next page is loaded, in px. */
const LOAD_WITHIN_PX = 640;
/** Height of a message of one line, in px. */
const ROW_GUESS_PX = 40;
/** Rows on the page at most: also what the browser's own search finds. */
const ROWS_MAX = 300;

export interface Unread {
  /** The first seq that was not read; null: all was read. */
  readonly from: number | null;
  readonly count: number;
}

export interface MessageListParts {
  readonly window: MessageWindow;
  readonly user: string;
  readonly control: MessageControl;
  readonly label: string;
  readonly testId: string;
  /** What stands there while there is no message. */
  readonly emptyWords: string;
  /** In a thread: what all of them reply to. */
  readonly thread?: number;
  /** Everything up to this seq is or was in view. */
  readonly onSeen?: (seq: number) => void;
  /** What was unread when it was opened; null: as the window says. */
  readonly unread?: Unread | null;
}

/** The messages of one window, kept in step with it. */
export class MessageList implements View {
  readonly element: HTMLElement;
  readonly #parts: MessageListParts;
  readonly #rows: WindowedRows<WindowItem>;
  readonly #focus: MessageFocus;
  readonly #region = new LiveRegion();
  readonly #older: PageEdge;
  readonly #newer: PageEdge;
  readonly #empty = element("div", { class: "empty", attributes: { hidden: "" } });
  readonly #jumps = new JumpButtons(
    () => void this.toEnd(),
    () => void this.#toUnread(),
  );
  readonly #undo: () => void;
  #pinned: readonly number[] = [];
  #lineSeen = false;
  #newest = 0;
  #news = 0;

  constructor(parts: MessageListParts) {
    this.#parts = parts;
    const { window, label, testId } = parts;
    const list = element("ol", { class: "lines", attributes: { "data-testid": testId } });
    this.#older = this.#edge(
      "older",
      "earlier",
      () => window.current.hasOlder,
      () => window.older(),
    );
    this.#newer = this.#edge(
      "newer",
      "later",
      () => window.current.hasNewer,
      () => window.newer(),
    );
    const scroller = element(
      "div",
      { class: "scroller", attributes: { role: "region", tabindex: "0", "aria-label": label } },
      [this.#older.element, this.#empty, list, this.#newer.element],
    );
    this.#rows = this.#makeRows(scroller, list);
    this.#focus = new MessageFocus(scroller, this.#rows);
    this.element = element("div", { class: "log" }, [
      scroller,
      this.#jumps.toUnread,
      this.#jumps.toEnd,
      this.#region.element,
    ]);
    this.#undo = window.subscribe((view) => this.#show(view));
    this.#show(window.current);
  }

  /** Whether the newest message is in view. */
  get atEnd(): boolean {
    return this.#rows.atEnd && !this.#parts.window.current.hasNewer;
  }

  /** Which are pinned now. */
  set pinned(seqs: readonly number[]) {
    this.#pinned = seqs;
    this.#show(this.#parts.window.current);
  }

  async toEnd(): Promise<void> {
    const { window } = this.#parts;
    if (window.current.hasNewer) await window.jump("newest").catch(() => {});
    this.#rows.toEnd();
    this.#onMoved();
  }

  /** Shows a message, wherever in the log it is; rejects where it cannot be had. */
  async goTo(seq: number): Promise<void> {
    const { window } = this.#parts;
    if (messageAt(window.current.items, seq) === null) await window.jump(seq);
    const item = itemFrom(window.current.items, seq);
    if (item === null || !this.#rows.toItem(item.key)) return;
    this.#focus.to(item.key);
    const row = this.#rows.rowOf(item.key)?.element;
    row?.classList.remove("line-found");
    requestAnimationFrame(() => row?.classList.add("line-found"));
  }

  /** What is in view was seen, if somebody is looking. */
  tellSeen(): void {
    const { onSeen, window } = this.#parts;
    const seen = this.#rows.seen;
    if (seen === null || document.visibilityState !== "visible") return;
    const seq = this.atEnd ? newestSeq(window.current.items) : seen[1].seq;
    if (seq !== null && seq > 0) onSeen?.(seq);
  }

  dispose(): void {
    this.#undo();
    this.#rows.dispose();
  }

  #makeRows(scroller: HTMLElement, list: HTMLElement): WindowedRows<WindowItem> {
    const { window, user, control, thread = null } = this.#parts;
    const scene = (): LineScene => ({
      ...window.current,
      unreadFrom: this.#unreadFrom,
      pinned: this.#pinned,
      thread,
      now: Date.now(),
      find: (seq) => messageAt(window.current.items, seq),
    });
    const parts = {
      user,
      control,
      lineOf: (item: WindowItem, before: WindowItem | undefined) => lineOf(item, before, scene()),
    };
    return new WindowedRows<WindowItem>({
      scroller,
      list,
      keyOf: ({ key }) => key,
      make: (item, before) => new LineRow(item, before, parts),
      sticksTo: () => (window.current.hasNewer ? "rows" : "end"),
      onScroll: () => this.#onMoved(),
      guessPx: ROW_GUESS_PX,
      rowsMax: ROWS_MAX,
    });
  }

  #edge(testId: string, which: string, hasMore: () => boolean, load: () => Promise<void>): PageEdge {
    return new PageEdge({
      testId,
      words: [`Load ${which} messages`, `Loading ${which} messages…`, `Could not load ${which} messages.`],
      hasMore,
      load,
      onChange: () => this.#show(this.#parts.window.current),
    });
  }

  #show(view: WindowView): void {
    const first = this.#newest === 0;
    const fresh = view.hasNewer ? [] : itemsAbove(view.items, this.#newest);
    this.#newest = fresh.at(-1)?.seq ?? this.#newest;
    this.#rows.show(view.items, () => {
      this.#older.show();
      this.#newer.show();
      this.#showEmpty(view);
    });
    this.#focus.offer(view.items.at(-1)?.key);
    const news = first ? [] : fresh.filter((item) => item.kind === "message" && !item.own);
    for (const item of news) if (item.kind === "message") this.#region.say(`${item.from}: ${shownText(item)}`);
    this.#news += news.length;
    this.#onMoved();
  }

  /** Something else is in view, or may be. */
  #onMoved(): void {
    const { window } = this.#parts;
    if (this.atEnd) this.#news = 0;
    this.#jumps.showEnd(this.atEnd || window.current.items.length === 0 ? null : this.#news);
    this.#jumps.showUnread(this.#unreadAbove());
    this.tellSeen();
    if (window.current.status === "loading") return;
    if (this.#rows.nearStart(LOAD_WITHIN_PX)) this.#older.loadMore();
    if (this.#rows.nearEnd(LOAD_WITHIN_PX)) this.#newer.loadMore();
  }

  /** It stays where it was when the conversation was opened, whatever is read meanwhile. */
  get #unreadFrom(): number | null {
    const { unread, window } = this.#parts;
    return unread ? unread.from : window.current.unreadFrom;
  }

  /** How many unread messages begin above what is in view; null: none, or their line was in view already. */
  #unreadAbove(): number | null {
    const from = this.#unreadFrom;
    const seen = this.#rows.seen;
    if (from === null || seen === null || this.#lineSeen) return null;
    const [top, bottom] = seen.map(({ seq }) => seq ?? Number.POSITIVE_INFINITY) as [number, number];
    this.#lineSeen = top <= from && from <= bottom;
    return top > from ? (this.#parts.unread?.count ?? 0) : null;
  }

  async #toUnread(): Promise<void> {
    const unreadFrom = this.#unreadFrom;
    if (unreadFrom === null) return;
    await this.goTo(unreadFrom).catch(() => {});
    this.#lineSeen = true;
    this.#onMoved();
  }

  #showEmpty({ items, status, error }: WindowView): void {
    const { emptyWords } = this.#parts;
    const rest = items.length > 0 ? "" : status === "loading" ? "Loading messages…" : emptyWords;
    const words = error === null ? rest : errorWords(error);
    setText(this.#empty, words);
    this.#empty.hidden = words === "";
  }
}
