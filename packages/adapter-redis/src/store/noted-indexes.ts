/** Remembered at once: a chat of the host's own writes to few conversations at a time. */
const NOTED_MAX = 10_000;

/** Which notes in users' indexes this node has made, so that it need not make them again with every entry. Forgets all of them when it is full. */
export class NotedIndexes {
  readonly #noted = new Set<string>();

  has(user: string, conversation: string): boolean {
    return this.#noted.has(`${user} ${conversation}`);
  }

  add(user: string, conversation: string): void {
    if (this.#noted.size >= NOTED_MAX) this.#noted.clear();
    this.#noted.add(`${user} ${conversation}`);
  }

  clear(): void {
    this.#noted.clear();
  }
}
