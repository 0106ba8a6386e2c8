import type { NodeId } from "@earshot/protocol";
import { FIXED_LIMITS } from "../fixed-limits.ts";
import type { Clock } from "../ports/clock.ts";

/** Who was not heard for so long is not counted on. */
const HEARD_WITHIN_MS = 60_000;

/** Other nodes of the cluster that were heard lately, by this node's own monotonic clock. */
export class KnownNodes {
  readonly #clock: Pick<Clock, "monotonic">;
  /** When each was heard last, monotonic ms; the latest at the end. */
  readonly #heardAt = new Map<NodeId, number>();

  constructor(clock: Pick<Clock, "monotonic">) {
    this.#clock = clock;
  }

  /** Something of this node's has arrived. */
  heard(node: NodeId): void {
    this.#heardAt.delete(node);
    this.#heardAt.set(node, this.#clock.monotonic());
    if (this.#heardAt.size > FIXED_LIMITS.knownNodesMax) this.#forget(Number.NEGATIVE_INFINITY);
  }

  /** How many were heard within the last minute. */
  get size(): number {
    this.#forget(this.#clock.monotonic() - HEARD_WITHIN_MS);
    return this.#heardAt.size;
  }

  /** Those heard at or before `at`, and the longest unheard of too many. */
  #forget(at: number): void {
    for (const [node, heardAt] of this.#heardAt) {
      if (heardAt > at && this.#heardAt.size <= FIXED_LIMITS.knownNodesMax) return;
      this.#heardAt.delete(node);
    }
  }
}
