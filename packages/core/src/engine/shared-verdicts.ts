import { isChatError } from "@earshot/protocol";

/** One copy's part in a verdict; to be left in any case, when the copy is answered. */
export interface SharedVerdict<Outcome> {
  readonly outcome: Promise<Outcome>;
  leave(): void;
}

interface Open<Outcome> {
  readonly outcome: Promise<Outcome>;
  copies: number;
}

/**
 * One verdict for all copies of a send that are here at the same time, of whatever session: a later one takes the
 * word that the first got, or gets, so that none is refused for good while another is stored (I3). It is held until
 * all of them are answered; one with a wait only until it is known. Its size is bounded by what sessions, and calls, may have
 * unanswered.
 */
export class SharedVerdicts<Outcome> {
  readonly #open = new Map<string, Open<Outcome>>();

  /** Sends that have a verdict held. */
  get size(): number {
    return this.#open.size;
  }

  /** `copyOf`: the same text for all copies of one send, and for nothing else. `ask` is called for the first alone, at once. */
  join(copyOf: string, ask: () => Promise<Outcome>): SharedVerdict<Outcome> {
    const open = this.#open.get(copyOf) ?? this.#begin(copyOf, ask());
    open.copies++;
    return {
      outcome: open.outcome,
      leave: () => {
        if (--open.copies === 0) this.#end(copyOf, open);
      },
    };
  }

  #begin(copyOf: string, outcome: Promise<Outcome>): Open<Outcome> {
    const open: Open<Outcome> = { outcome, copies: 0 };
    this.#open.set(copyOf, open);
    outcome.catch((error: unknown) => {
      if (isChatError(error) && error.retryAfterMs !== undefined) this.#end(copyOf, open);
    });
    return open;
  }

  #end(copyOf: string, open: Open<Outcome>): void {
    if (this.#open.get(copyOf) === open) this.#open.delete(copyOf);
  }
}
