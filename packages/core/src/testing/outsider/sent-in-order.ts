import type { SendFrame } from "@earshot/protocol";
import type { OpenRequest } from "./open-requests.ts";

/** One `send` on one session. */
export interface SentOnce extends OpenRequest {
  readonly draft: SendFrame;
  /** The log's head when it was sent (I10). */
  readonly headBefore: number;
  /** What it was answered by; null: not yet. */
  answer: { readonly outcome: string; readonly seq: number; readonly retry: boolean } | null;
  skipped: boolean;
}

/** One session's sends to one conversation, in the order in which they were written (I11). */
export class SentInOrder {
  readonly sends: SentOnce[] = [];

  add(send: SentOnce): void {
    this.sends.push(send);
  }

  /** The one that an answer belongs to: the first of its id that is unanswered and allows it, or the first. */
  unanswered(id: string, allows: (send: SentOnce) => boolean): SentOnce | undefined {
    const open = this.sends.filter((send) => send.draft.id === id && send.answer === null);
    return open.find(allows) ?? open[0];
  }

  /** Those that were refused with `retry` and are not settled since, in their order, each id once. */
  waiting(): readonly SendFrame[] {
    const ids = new Map<string, SendFrame>();
    for (const [index, send] of this.sends.entries()) {
      if (send.answer?.retry === true && !this.#settledBehind(index)) ids.set(send.draft.id, send.draft);
    }
    return [...ids.values()];
  }

  /** Why the latest answer breaks the order; null: it does not. */
  fault(): string | null {
    for (const [index, send] of this.sends.entries()) {
      if (send.answer?.outcome !== "ok") continue;
      for (const [before, earlier] of this.sends.slice(0, index).entries()) {
        // One that was refused once, and whose answer was lost, may have become right before it was tried again.
        const certain = [...earlier.possible].every((outcome) => outcome === "ok" || outcome === "dup");
        if (certain && earlier.answer?.outcome === "ok" && earlier.answer.seq > send.answer.seq) {
          return `I11: ${send.draft.id} has ${send.answer.seq}, ${earlier.draft.id} before it ${earlier.answer.seq}`;
        }
        // One that is sent again stands where it stood first.
        const stood = this.sends.findIndex(({ draft }) => draft.id === send.draft.id);
        if (stood > before && blocks(earlier) && !this.#settled(before)) {
          return `I11: ${send.draft.id} overtook ${earlier.draft.id}, which was refused with retry`;
        }
      }
    }
    return null;
  }

  /** Whether one that is `blocked` stands behind one that was refused with retry. */
  mayBeBlocked(send: SentOnce): boolean {
    return this.sends.slice(0, this.sends.indexOf(send)).some(({ answer }) => answer?.retry === true);
  }

  /** The same, of those that came behind it alone. */
  #settledBehind(index: number): boolean {
    const { draft, skipped } = this.sends[index] as SentOnce;
    const behind = this.sends.slice(index + 1);
    return skipped || behind.some((one) => one.draft.id === draft.id && one.answer !== null && !one.answer.retry);
  }

  /** A send of the same id was answered for good, or the client has given it up. */
  #settled(index: number): boolean {
    const { draft, skipped } = this.sends[index] as SentOnce;
    if (skipped) return true;
    return this.sends.some((one) => one.draft.id === draft.id && one.answer !== null && !one.answer.retry);
  }
}

/** Whether those behind it have to wait: what was merely `blocked` blocks nobody itself. */
function blocks({ answer }: SentOnce): boolean {
  return answer?.retry === true && answer.outcome !== "blocked";
}
