import { ChatError, parseJson } from "@earshot/protocol";
import type { Bus, Envelope, Publication, Subscription, Topic } from "../ports/bus.ts";

/** One node's bus on a hub. Engines of one process that share a hub are nodes of one cluster. */
export function memoryBus(hub: MemoryBusHub): Bus {
  return new MemoryBus(hub);
}

/** Where the memory buses of one process meet. */
export class MemoryBusHub {
  readonly #buses = new Set<MemoryBus>();
  /** Rises with every interruption; what set out under an older one is lost. */
  #era = 0;

  /** Loses what is on its way and tells every open bus so, as a broken link to a broker does. */
  interrupt(): void {
    this.#era += 1;
    for (const bus of this.#buses) later(() => bus.interrupted());
  }

  /** For `MemoryBus` alone. */
  join(bus: MemoryBus): void {
    this.#buses.add(bus);
  }

  /** For `MemoryBus` alone. */
  leave(bus: MemoryBus): void {
    this.#buses.delete(bus);
  }

  /** For `MemoryBus` alone. Nothing arrives before the publisher's own turn is over. */
  carry(from: MemoryBus, batch: readonly Publication[]): void {
    const era = this.#era;
    const texts = batch.map(({ topics, envelope }) => ({ topics, text: JSON.stringify(envelope) }));
    for (const bus of this.#buses) {
      if (bus === from) continue;
      for (const { topics, text } of texts) {
        later(() => {
          if (era === this.#era) bus.deliver(topics, text);
        });
      }
    }
  }
}

class MemoryBus implements Bus {
  readonly #hub: MemoryBusHub;
  readonly #topics = new Map<Topic, Set<(envelope: Envelope) => void>>();
  readonly #listeners = new Set<() => void>();
  #state: "new" | "open" | "closed" = "new";

  constructor(hub: MemoryBusHub) {
    this.#hub = hub;
  }

  async open(): Promise<void> {
    if (this.#state !== "new") throw new ChatError("conflict", "unable to open bus; it was opened before");
    this.#state = "open";
    this.#hub.join(this);
  }

  async close(): Promise<void> {
    this.#state = "closed";
    this.#hub.leave(this);
    this.#topics.clear();
    this.#listeners.clear();
  }

  async ping(): Promise<void> {
    this.#requireOpen();
  }

  async publish(batch: readonly Publication[]): Promise<void> {
    this.#requireOpen();
    this.#hub.carry(this, batch);
  }

  subscribe(topic: Topic, on: (envelope: Envelope) => void): Subscription {
    if (this.#state !== "open") {
      const ready = Promise.reject(notOpen());
      // Whoever waits for it still gets the rejection; whoever does not must not end the process.
      ready.catch(() => {});
      return { ready, cancel: () => {} };
    }
    // A function of its own, so that the same listener may subscribe twice and cancel once.
    const listener = (envelope: Envelope) => on(envelope);
    const listeners = this.#topics.get(topic) ?? new Set();
    this.#topics.set(topic, listeners.add(listener));
    return {
      ready: Promise.resolve(),
      cancel: () => {
        listeners.delete(listener);
        if (listeners.size === 0 && this.#topics.get(topic) === listeners) this.#topics.delete(topic);
      },
    };
  }

  onInterruption(listener: () => void): () => void {
    const own = () => listener();
    this.#listeners.add(own);
    return () => {
      this.#listeners.delete(own);
    };
  }

  interrupted(): void {
    for (const listener of [...this.#listeners]) listener();
  }

  deliver(topics: readonly Topic[], text: string): void {
    for (const topic of topics) {
      // Each listener gets a copy of its own, as it would from a socket.
      for (const listener of [...(this.#topics.get(topic) ?? [])]) listener(parseJson(text) as Envelope);
    }
  }

  #requireOpen(): void {
    if (this.#state !== "open") throw notOpen();
  }
}

function notOpen(): ChatError {
  return new ChatError("closed", "unable to use bus; it is not open");
}

/** After what runs now. A listener that throws is a fault of its owner, and surfaces as an unhandled rejection. */
function later(run: () => void): void {
  void Promise.resolve().then(run);
}
