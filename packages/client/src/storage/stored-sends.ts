import { isChatError } from "@earshot/protocol";
import { defined } from "../defined.ts";
import type { Clock } from "../ports/clock.ts";
import type { StoredSend, StoredSendKey } from "../ports/stored.ts";
import { composeSend } from "../send/compose-send.ts";
import type { Draft, QueuedSend } from "../send/queued-send.ts";
import type { Keep } from "./keep.ts";

/** By what a stored send is composed: it was checked when it was written, and is again before it goes out. */
const UNBOUNDED = { frame: Number.POSITIVE_INFINITY, body: Number.POSITIVE_INFINITY };

export interface StoredSendsHost {
  readonly clock: Clock;
  readonly keep: Pick<Keep, "ask" | "keeps">;
  /** What was put is there, or cannot be: either way it may go out. */
  onWritten(): void;
}

interface Leaving {
  readonly key: StoredSendKey;
  readonly dones: (() => void)[];
}

/**
 * Keeps unanswered sends in the storage, and takes them out again: all that has gathered in one write,
 * one write at a time, in the order written. Once it has failed, everything is done at once and nothing is
 * kept.
 */
export class StoredSends {
  readonly #host: StoredSendsHost;
  #toPut = new Set<QueuedSend>();
  /** By key: to be removed, or being removed. What is read meanwhile is not believed about them. */
  readonly #leaving = new Map<string, Leaving>();
  #writing = false;
  #readers: ((found: readonly StoredSend[]) => void)[] = [];
  /** Keys of what was answered in another tab while a read is under way. */
  #answered: Set<string> | null = null;
  #place = 0;

  constructor(host: StoredSendsHost) {
    this.#host = host;
  }

  /** Writes it; `send.saving` until it is there. */
  put(send: QueuedSend): void {
    if (!this.#host.keep.keeps) return;
    send.saving = true;
    this.#toPut.add(send);
    this.#write();
  }

  /** Takes it out. `done`: when it will not come back after a crash. */
  remove(send: QueuedSend, done: () => void): void {
    this.#toPut.delete(send);
    if (send.place === 0 || !this.#host.keep.keeps) {
      done();
      return;
    }
    const key = keyOf(send.conversation, send.id);
    const leaving = this.#leaving.get(key);
    if (leaving === undefined) this.#leaving.set(key, { key: { c: send.conversation, id: send.id }, dones: [done] });
    else leaving.dones.push(done);
    this.#write();
  }

  /** Another tab has had its answer, and has taken it out. */
  answered({ c, id }: StoredSendKey, send: QueuedSend | undefined): void {
    this.#answered?.add(keyOf(c, id));
    if (send?.saving) this.remove(send, () => {});
  }

  /** All that is stored and unanswered, in order. Not called if the storage fails. */
  read(done: (found: readonly StoredSend[]) => void): void {
    this.#readers.push(done);
    this.#read();
  }

  /** What was found holds this place. */
  seen(place: number): void {
    this.#place = Math.max(this.#place, place);
  }

  /** Another user is signed in: nothing of this is theirs. */
  forget(): void {
    for (const send of this.#toPut) send.saving = false;
    this.#toPut.clear();
    this.#leaving.clear();
    this.#writing = false;
    this.#readers = [];
    this.#answered = null;
  }

  /** The storage has failed: go on without. */
  failed(): void {
    const leaving = [...this.#leaving.values()];
    this.forget();
    for (const { dones } of leaving) for (const done of dones) done();
    this.#host.onWritten();
  }

  #write(): void {
    if (this.#writing) return;
    this.#writing = true;
    let puts: readonly QueuedSend[] = [];
    let gone: readonly Leaving[] = [];
    this.#host.keep.ask(
      async (storage) => {
        // gathered as late as can be: this may have waited for the storage to open, and for older sends that it holds
        puts = [...this.#toPut];
        gone = [...this.#leaving.values()];
        this.#toPut.clear();
        if (puts.length > 0) await storage.putSends(puts.map((send) => this.#storedForm(send)));
        if (gone.length > 0) await storage.removeSends(gone.map(({ key }) => key));
      },
      () => this.#wrote(puts, gone),
    );
  }

  #wrote(puts: readonly QueuedSend[], gone: readonly Leaving[]): void {
    this.#writing = false;
    for (const send of puts) send.saving = this.#toPut.has(send);
    // those that `failed` or `forget` has dealt with meanwhile are not there any more
    const left = gone.filter(({ key }) => this.#leaving.delete(keyOf(key.c, key.id)));
    if (this.#toPut.size + this.#leaving.size > 0) this.#write();
    for (const { dones } of left) for (const done of dones) done();
    if (puts.length > 0) this.#host.onWritten();
  }

  #read(): void {
    if (this.#answered !== null || this.#readers.length === 0) return;
    const readers = this.#readers.splice(0);
    const answered = new Set<string>();
    this.#answered = answered;
    this.#host.keep.ask<readonly StoredSend[]>(
      (storage) => storage.sends(),
      (found) => {
        this.#answered = null;
        const isLeft = ({ c, id }: StoredSend): boolean =>
          !answered.has(keyOf(c, id)) && !this.#leaving.has(keyOf(c, id));
        if (found !== null) for (const reader of readers) reader(found.filter(isLeft));
        this.#read();
      },
    );
  }

  /** The form it is stored in. A new one gets its place. */
  #storedForm(send: QueuedSend): StoredSend {
    const { id, conversation, type, at, composed } = send.draft;
    if (send.place === 0) send.place = Math.max(this.#place + 1, this.#host.clock.now());
    this.seen(send.place);
    const { body, re, mentions, slot, expect } = composed?.frame ?? {};
    const fields = defined({ body, re, mentions, slot, expect });
    return { id, c: conversation, type, ...fields, at, place: send.place, poisoned: send.strikes };
  }
}

/** What is to be sent of a stored send (pure); nothing that may travel if it was none. */
export function draftOf(stored: StoredSend): Draft {
  const { id, c, type, body, re, mentions, slot, expect, at } = stored;
  const composed = composeSend(c, id, body, { type, ...defined({ re, mentions, slot, expect }) }, UNBOUNDED);
  const fit = isChatError(composed) ? null : composed;
  return { id, conversation: c, type, body: fit?.frame.body ?? {}, composed: fit, at };
}

/** Ids hold no slash. */
function keyOf(c: string, id: string): string {
  return `${c}/${id}`;
}
