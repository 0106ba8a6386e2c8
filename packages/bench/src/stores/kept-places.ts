import type { StoreKind } from "./store-kind.ts";
import { type StorePlace, startStorePlace } from "./store-place.ts";

/** Places that stay from one run to the next; what is not stopped ends with this process. */
export class KeptPlaces {
  readonly #places = new Map<StoreKind, Promise<StorePlace>>();
  #namespaces = 0;

  of(kind: StoreKind): Promise<StorePlace> {
    const known = this.#places.get(kind) ?? startStorePlace(kind);
    this.#places.set(kind, known);
    return known;
  }

  /** Never given before. */
  namespace(): string {
    return `b${++this.#namespaces}`;
  }

  async stop(): Promise<void> {
    const places = [...this.#places.values()];
    this.#places.clear();
    await Promise.all(places.map(async (place) => (await place).stop()));
  }
}
