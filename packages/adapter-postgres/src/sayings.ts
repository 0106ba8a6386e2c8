import type { ChatError } from "@earshot/protocol";

export interface Saying {
  readonly text: string;
  resolve(): void;
  reject(error: ChatError): void;
}

/** Characters said in one statement, unless one text alone is longer. */
const STATEMENT_CHARACTERS_MAX = 1_048_576;
/** Characters that wait to be said. */
const WAITING_CHARACTERS_MAX = 16_777_216;

/** What waits to be said on a channel, and is under way. */
export class Sayings {
  #waiting: Saying[] = [];
  #waitingCharacters = 0;
  #underWay: readonly Saying[] = [];

  /** Whether no more may wait. */
  get full(): boolean {
    return this.#waitingCharacters > WAITING_CHARACTERS_MAX;
  }

  /** Whether nothing is under way, nor waits. */
  get idle(): boolean {
    return this.#waiting.length === 0 && this.#underWay.length === 0;
  }

  /** Resolves when it was said. */
  add(text: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ text, resolve, reject });
      this.#waitingCharacters += text.length;
    });
  }

  /** What goes with the next statement; null: nothing waits. */
  take(): readonly Saying[] | null {
    let characters = 0;
    let count = 0;
    for (const { text } of this.#waiting) {
      if (count > 0 && characters + text.length > STATEMENT_CHARACTERS_MAX) break;
      characters += text.length;
      count++;
    }
    this.#waitingCharacters -= characters;
    this.#underWay = this.#waiting.splice(0, count);
    return count > 0 ? this.#underWay : null;
  }

  /** That was said, or not. false: it was given up before. */
  done(batch: readonly Saying[], error: ChatError | null): boolean {
    if (batch !== this.#underWay) return false;
    this.#underWay = [];
    for (const saying of batch) {
      if (error === null) saying.resolve();
      else saying.reject(error);
    }
    return true;
  }

  /** Nobody knows what became of what is under way, and the rest is not said. */
  giveUp(error: ChatError): void {
    const all = [...this.#underWay, ...this.#waiting];
    this.#underWay = [];
    this.#waiting = [];
    this.#waitingCharacters = 0;
    for (const { reject } of all) reject(error);
  }
}
