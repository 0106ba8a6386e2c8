import { type Followed, Follower, type FollowerPlace, type FollowOptions, type FollowSurroundings } from "./follow.ts";

/** Followers of this node, by name: the one that came first goes, the others wait for their turn. */
export class Followers implements FollowerPlace {
  readonly opened: Promise<void>;
  readonly #house: FollowSurroundings;
  /** In the order in which they first asked. */
  readonly #named = new Map<string, Follower[]>();
  #open: () => void = () => {};
  leaving = false;
  closed = false;

  constructor(house: FollowSurroundings) {
    this.#house = house;
    this.opened = new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  /** Names that are followed here. */
  get size(): number {
    return this.#named.size;
  }

  follow(options: FollowOptions): AsyncIterableIterator<readonly Followed[], void, undefined> {
    return new Follower(this.#house, this, options).batches();
  }

  start(): void {
    this.#open();
  }

  /** Something was written. */
  wake(): void {
    for (const [first] of this.#named.values()) first?.wake();
  }

  /** Gives the names to other nodes: each iteration ends with the pull that acknowledges its last batch, one that waits at once. */
  leave(): void {
    this.leaving = true;
    for (const follower of [...this.#named.values()].flat()) follower.takeTurn();
  }

  /** Ends every iteration, and gives the names to others. Never rejects. */
  async close(): Promise<void> {
    this.closed = true;
    this.#open();
    await Promise.all([...this.#named.values()].flat().map((follower) => follower.end()));
  }

  first(follower: Follower): boolean {
    const queue = this.#named.get(follower.name) ?? [];
    if (!queue.includes(follower)) {
      queue.push(follower);
      this.#named.set(follower.name, queue);
    }
    return queue[0] === follower;
  }

  left(follower: Follower): void {
    const queue = this.#named.get(follower.name)?.filter((other) => other !== follower) ?? [];
    if (queue.length === 0) this.#named.delete(follower.name);
    else this.#named.set(follower.name, queue);
    queue[0]?.takeTurn();
  }
}
