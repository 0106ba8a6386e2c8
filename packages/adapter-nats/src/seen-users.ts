import type { UserId } from "@earshot/protocol";

export interface Seen {
  /** Unix ms of the server. */
  readonly at: number;
  /** Of the key, for writing over this and nothing later. */
  readonly revision: number;
}

/** When users were last here; of more than `usersMax` those are forgotten that were unchanged for longest, as the stream does. */
export class SeenUsers {
  readonly #usersMax: number;
  #users = new Map<UserId, Seen>();

  constructor(usersMax: number) {
    this.#usersMax = usersMax;
  }

  get(user: UserId): Seen | undefined {
    return this.#users.get(user);
  }

  put(user: UserId, seen: Seen): void {
    this.#users.delete(user);
    this.#users.set(user, seen);
    // Many at once: taking the first of a Map again and again walks over all that were there before it.
    if (this.#users.size > this.#usersMax * 1.1 + 100) this.#users = new Map([...this.#users].slice(-this.#usersMax));
  }

  clear(): void {
    this.#users.clear();
  }
}
