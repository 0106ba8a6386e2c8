/** PostgreSQL takes 7,999 bytes in a notification; what stands before the text takes 40 at most. */
const PART_BYTES_MAX = 7_950;

/** Characters of texts that are begun and not ended. */
const BEGUN_CHARACTERS_MAX = 33_554_432;

/** What one notification holds. */
interface Part {
  readonly origin: string;
  /** Rises with each of an origin's: PostgreSQL drops notifications of one transaction that are the same. */
  readonly n: number;
  readonly last: boolean;
  readonly text: string;
}

/**
 * A text as notifications, the first of them numbered `from`. Everything that is not ASCII is escaped, as JSON allows
 * within its strings: so bytes are characters, whatever the encoding of the database is.
 */
export function partsOf(origin: string, from: number, text: string): readonly string[] {
  const ascii = text.replace(/[^\0-~]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
  const count = Math.max(1, Math.ceil(ascii.length / PART_BYTES_MAX));
  return Array.from({ length: count }, (_, at) => {
    const part = ascii.slice(at * PART_BYTES_MAX, (at + 1) * PART_BYTES_MAX);
    return `${origin} ${from + at} ${at === count - 1 ? "." : "+"} ${part}`;
  });
}

/** Puts together what other origins said in parts. They are of one transaction, so that they come all, and in order. */
export class SaidParts {
  readonly #begun = new Map<string, string[]>();
  #begunCharacters = 0;

  /** The whole text, with its last part; null: there are more to come, or it is none. */
  take(payload: string): { readonly origin: string; readonly text: string } | null {
    const part = readPart(payload);
    if (part === null) return null;
    const { origin, last, text } = part;
    const texts = this.#begun.get(origin) ?? [];
    texts.push(text);
    this.#begunCharacters += text.length;
    if (last) {
      const whole = texts.join("");
      this.#begun.delete(origin);
      this.#begunCharacters -= whole.length;
      return { origin, text: whole };
    }
    this.#begun.set(origin, texts);
    // Whoever may connect may say what they like: nobody is kept in memory for what never ends.
    if (this.#begunCharacters > BEGUN_CHARACTERS_MAX) this.clear();
    return null;
  }

  /** What was begun is not ended any more. */
  clear(): void {
    this.#begun.clear();
    this.#begunCharacters = 0;
  }
}

function readPart(payload: string): Part | null {
  const found = /^(\S+) (\d+) ([.+]) /.exec(payload);
  if (found === null) return null;
  const [head, origin = "", n = "", mark] = found;
  return { origin, n: Number(n), last: mark === ".", text: payload.slice(head.length) };
}
