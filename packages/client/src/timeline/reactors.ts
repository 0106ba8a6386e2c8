import type { EventRow, UserId } from "@earshot/protocol";
import type { Change } from "./change.ts";

type Users = Set<UserId>;

/** Who was heard to set or take back which reaction, so that an event that changes nothing counts nothing. */
export class Reactors {
  readonly #heardMax: number;
  /** Under message and key: who has taken it back, who has it. */
  readonly #heard = new Map<string, readonly [off: Users, on: Users]>();
  #count = 0;

  /** `heardMax`: reactions remembered; beyond it all are forgotten, and events are believed to change something. */
  constructor(heardMax: number) {
    this.#heardMax = heardMax;
  }

  /** Remembers a reaction of another user; answers what was known before it. */
  heard({ re, from, body = {} }: EventRow): Pick<Change, "had" | "known"> {
    if (++this.#count > this.#heardMax) this.clear();
    const at = `${re} ${String(body["key"])}`;
    const users = this.#heard.get(at) ?? [new Set(), new Set()];
    this.#heard.set(at, users);
    const [off, on] = users;
    const before = { had: on.has(from) || (off.has(from) ? false : undefined), known: on.size };
    const [to, away] = body["on"] === true ? [on, off] : [off, on];
    away.delete(from);
    to.add(from);
    return before;
  }

  clear(): void {
    this.#count = 0;
    this.#heard.clear();
  }
}
