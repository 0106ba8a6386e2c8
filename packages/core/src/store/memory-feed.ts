import { ChatError, type ConversationId, utf8Bytes } from "@earshot/protocol";
import type { Change, ChangePage, FeedItem, FeedPage } from "../ports/pages.ts";
import { firstIndex } from "./first-index.ts";

/** A place in the store's history. */
interface Step {
  /** Rises with every step, and is never used again. */
  readonly at: number;
  readonly conversation: ConversationId;
  /** null: the conversation was removed. */
  readonly seq: number | null;
}

/** An event that there is as the feed gives it; null: it is gone. */
export type EventItem = (conversation: ConversationId, seq: number) => FeedItem | null;

export interface FeedReading {
  readonly after: string | null;
  readonly rows: number;
  readonly bytes: number;
  /** Names this life of the store in the marks. */
  readonly life: string;
}

export interface Standing {
  readonly head: number;
  change(): Change;
}

export interface ChangesReading extends Pick<FeedReading, "life"> {
  readonly after: string;
  readonly limit: number;
  /** Where a conversation stands; undefined: it was removed. */
  readonly standingOf: (conversation: ConversationId) => Standing | undefined;
}

/** Every step of the store's history, in the order taken: which event, not what it says. */
export class MemoryFeed {
  readonly #itemOf: EventItem;
  #steps: Step[] = [];
  /** Steps whose events are gone. */
  #dead = 0;
  #last = 0;

  constructor(itemOf: EventItem) {
    this.#itemOf = itemOf;
  }

  add(conversation: ConversationId, seq: number | null): void {
    this.#last += 1;
    this.#steps.push({ at: this.#last, conversation, seq });
  }

  /** So many events are gone. Their steps are taken out once they are the larger part. */
  forget(count: number): void {
    this.#dead += count;
    if (this.#dead * 2 <= this.#steps.length) return;
    this.#steps = this.#steps.filter((step) => this.#item(step) !== null);
    this.#dead = 0;
  }

  /** As `MessageStore.feed`. */
  page({ after, rows, bytes, life }: FeedReading): FeedPage {
    const above = after === null ? 0 : this.#parse(after, life);
    const items: FeedItem[] = [];
    let left = bytes;
    let mark = this.#last;
    let more = false;
    for (const [step, item] of this.#above(above)) {
      left -= utf8Bytes(JSON.stringify(item));
      more = items.length >= rows || (items.length > 0 && left < 0);
      if (more) break;
      items.push(item);
      mark = step.at;
    }
    return { items, mark: more ? `${mark}.${life}` : this.end(life), more };
  }

  /** As `MessageStore.changes`: conversations by their last step. */
  changes({ after, limit, life, standingOf }: ChangesReading): ChangePage {
    const changes: Change[] = [];
    let mark = this.#parse(after, life);
    for (const { at, conversation, seq } of this.#stepsAbove(mark)) {
      const standing = seq === null ? null : standingOf(conversation);
      if (standing === undefined || (standing !== null && standing.head !== seq)) continue;
      if (changes.length >= limit) return { changes, mark: `${mark}.${life}`, more: true };
      changes.push(standing?.change() ?? { conversation, gone: true });
      mark = at;
    }
    return { changes, mark: this.end(life), more: false };
  }

  /** The mark above which there is nothing yet. */
  end(life: string): string {
    return `${this.#last}.${life}`;
  }

  clear(): void {
    this.#steps = [];
  }

  *#above(at: number): Iterable<readonly [Step, FeedItem]> {
    for (const step of this.#stepsAbove(at)) {
      const item = this.#item(step);
      if (item !== null) yield [step, item];
    }
  }

  *#stepsAbove(at: number): Iterable<Step> {
    const start = firstIndex(this.#steps.length, (index) => (this.#steps[index]?.at ?? 0) > at);
    for (let index = start; index < this.#steps.length; index++) yield this.#steps[index] as Step;
  }

  #item({ conversation, seq }: Step): FeedItem | null {
    return seq === null ? { conversation, gone: true } : this.#itemOf(conversation, seq);
  }

  #parse(mark: string, life: string): number {
    const [, at, ofLife] = /^(\d{1,15})\.(.*)$/s.exec(mark) ?? [];
    // What an empty store gave out has no life in it yet, and everything came after it.
    const known = ofLife === life || (ofLife === "" && Number(at) === 0);
    if (at !== undefined && known && Number(at) <= this.#last) return Number(at);
    throw new ChatError("invalid", "unable to read feed; the mark is not one of this store");
  }
}
