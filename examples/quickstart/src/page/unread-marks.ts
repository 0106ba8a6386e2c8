/**
 * How many messages came since this tab last showed a conversation to somebody: a number of messages
 * (`ord`) for each conversation, kept for the tab. What stood there before the tab was opened counts as seen.
 */
export class UnreadMarks {
  readonly #key: string;
  readonly #seen: Map<string, number>;

  constructor(user: string) {
    this.#key = `earshot.seen.${user}`;
    this.#seen = new Map(storedMarks(this.#key));
  }

  /** `fresh`: the conversation appeared while this tab was watching, so all of it is news. */
  unread(conversation: string, ord: number, fresh: boolean): number {
    const seen = this.#seen.get(conversation);
    if (seen !== undefined) return Math.max(0, ord - seen);
    this.see(conversation, fresh ? 0 : ord);
    return fresh ? ord : 0;
  }

  see(conversation: string, ord: number): void {
    if (this.#seen.get(conversation) === ord) return;
    this.#seen.set(conversation, ord);
    sessionStorage.setItem(this.#key, JSON.stringify([...this.#seen]));
  }
}

function storedMarks(key: string): [string, number][] {
  try {
    const stored: unknown = JSON.parse(sessionStorage.getItem(key) ?? "[]");
    return Array.isArray(stored) ? (stored as [string, number][]) : [];
  } catch {
    return [];
  }
}
