import type { EventRow, UserId } from "@earshot/protocol";
import type { Change } from "./change.ts";

/** Who has one reaction to one message, and who has taken it back, as far as it was heard. */
interface Heard {
  readonly re: number;
  readonly key: unknown;
  readonly on: Set<UserId>;
  readonly off: Set<UserId>;
}

/** Who was heard to set or take back which reaction, so that an event that changes nothing counts nothing. */
export class Reactors {
  readonly #heardMax: number;
  /** Under message and key. */
  readonly #heard = new Map<string, Heard>();
  #count = 0;

  /** `heardMax`: reactions remembered; beyond it all are forgotten, and events are believed to change something. */
  constructor(heardMax: number) {
    this.#heardMax = heardMax;
  }

  /** Remembers a reaction of another user; answers what was known before it. */
  heard({ re = 0, from, body = {} }: EventRow): Pick<Change, "had" | "known"> {
    if (++this.#count > this.#heardMax) this.clear();
    const { key } = body;
    const at = `${re} ${String(key)}`;
    const known: Heard = this.#heard.get(at) ?? { re, key, on: new Set(), off: new Set() };
    this.#heard.set(at, known);
    const { on, off } = known;
    const before = { had: on.has(from) || (off.has(from) ? false : undefined), known: on.size };
    const [to, away] = body["on"] === true ? [on, off] : [off, on];
    away.delete(from);
    to.add(from);
    return before;
  }

  /** Reactions that a user was heard to have. */
  of(user: UserId): readonly Heard[] {
    return [...this.#heard.values()].filter(({ on }) => on.has(user));
  }

  clear(): void {
    this.#count = 0;
    this.#heard.clear();
  }
}
