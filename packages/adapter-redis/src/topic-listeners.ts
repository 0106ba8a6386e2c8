import type { Envelope, Topic } from "@earshot/core";
import { parseJson } from "@earshot/protocol";

type On = (envelope: Envelope) => void;

/** Who listens to which topic on this node. */
export class TopicListeners {
  readonly #topics = new Map<string, Set<On>>();

  /** Returns its undo, which says whether it was the topic's last listener; a second call says false. */
  add(topic: Topic, on: On): () => boolean {
    // A function of its own, so that the same listener may subscribe twice and cancel once.
    const listener: On = (envelope) => on(envelope);
    const listeners = this.#topics.get(topic) ?? new Set();
    this.#topics.set(topic, listeners.add(listener));
    return () => {
      if (!listeners.delete(listener) || listeners.size > 0 || this.#topics.get(topic) !== listeners) return false;
      this.#topics.delete(topic);
      return true;
    };
  }

  /** Nobody hears anything any more, also of what is on its way. */
  clear(): void {
    for (const listeners of this.#topics.values()) listeners.clear();
    this.#topics.clear();
  }

  /** Each listener gets a copy of its own. What is no JSON is nobody's envelope. One that throws is a fault of its owner, and surfaces as an unhandled rejection. */
  deliver(topic: string, text: string): void {
    const listeners = this.#topics.get(topic);
    for (const listener of listeners ?? []) {
      const envelope = parsed(text);
      if (envelope === null) return;
      void Promise.resolve().then(() => {
        if (listeners?.has(listener)) listener(envelope);
      });
    }
  }
}

function parsed(text: string): Envelope | null {
  try {
    return parseJson(text) as Envelope;
  } catch {
    return null;
  }
}
