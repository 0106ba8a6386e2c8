import type { Envelope, Topic } from "@earshot/core";
import { parseJson } from "@earshot/protocol";

type Listener = (envelope: Envelope) => void;

/** Who of this node listens to which topic. */
export class TopicListeners {
  readonly #topics = new Map<Topic, Set<Listener>>();

  has(topic: Topic): boolean {
    return this.#topics.has(topic);
  }

  /** Returns its undo, which says whether that was the topic's last. */
  add(topic: Topic, on: Listener): () => boolean {
    // A function of its own, so that the same listener may subscribe twice and cancel once.
    const own: Listener = (envelope) => on(envelope);
    const listeners = this.#topics.get(topic) ?? new Set();
    this.#topics.set(topic, listeners.add(own));
    return () => {
      if (!listeners.delete(own) || listeners.size > 0 || this.#topics.get(topic) !== listeners) return false;
      this.#topics.delete(topic);
      return true;
    };
  }

  /** Each listener gets a copy of its own. What is no JSON is dropped: a peer may say what it likes. */
  deliver(topic: Topic, text: string): void {
    for (const listener of [...(this.#topics.get(topic) ?? [])]) {
      const envelope = parsed(text);
      if (envelope === null) return;
      try {
        listener(envelope);
      } catch (error) {
        // A fault of its owner, which must not end the reading of the socket: it surfaces as an unhandled rejection.
        void Promise.reject(error);
      }
    }
  }

  clear(): void {
    this.#topics.clear();
  }
}

function parsed(text: string): Envelope | null {
  try {
    return parseJson(text) as Envelope;
  } catch {
    return null;
  }
}
