import type { NetworkChange, NetworkStatus } from "../ports/network-status.ts";

/** A network whose changes are told by hand. */
export class FakeNetwork implements NetworkStatus {
  readonly #listeners = new Set<(change: NetworkChange) => void>();

  /** Listeners left: what a leak test counts. */
  get listeners(): number {
    return this.#listeners.size;
  }

  subscribe(listener: (change: NetworkChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  tell(change: NetworkChange): void {
    for (const listener of [...this.#listeners]) listener(change);
  }
}
