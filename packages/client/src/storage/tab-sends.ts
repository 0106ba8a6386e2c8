import type { UserId } from "@earshot/protocol";
import type { Clock } from "../ports/clock.ts";
import type { StoredSend } from "../ports/stored.ts";
import type { Tabs } from "../ports/tabs.ts";
import type { QueuedSend } from "../send/queued-send.ts";
import type { QueueInside, QueueKeep, SendOutcome } from "../storage-room.ts";
import { SendTurn } from "./send-turn.ts";
import { adoptSend, takeAnswer } from "./shared-sends.ts";
import { StoredSends, type StoredSendsHost } from "./stored-sends.ts";
import { answerNote, type TabNote } from "./tab-note.ts";

export interface TabSendsHost {
  readonly clock: Clock;
  readonly keep: StoredSendsHost["keep"];
  /** Does what comes from outside. */
  readonly run: <T>(work: () => T) => T;
  readonly inside: QueueInside;
}

/** The queue as it is stored, and as the tabs that share the storage have it in common. */
export class TabSends implements QueueKeep {
  readonly #inside: QueueInside;
  readonly #stored: StoredSends;
  readonly #turn: SendTurn;
  /** The storage holds more than the line takes. */
  #more = false;

  constructor(host: TabSendsHost) {
    const { clock, keep, run, inside } = host;
    this.#inside = inside;
    this.#stored = new StoredSends({ clock, keep, onWritten: () => this.#written() });
    this.#turn = new SendTurn({
      ...{ clock, run },
      connected: () => inside.connected(),
      waiting: () => this.#waiting.length > 0,
      prepare: (begin) => this.#read(begin),
      onTurn: () => inside.onDue(),
      onNote: (note) => this.#hear(note),
      mend: () => this.#mend(),
    });
  }

  /** From now on this user's sends are stored; turns are taken with the other tabs that share the storage. */
  begun(user: UserId, tabs: Tabs | undefined): void {
    this.#turn.start(tabs, user);
  }

  /** These are stored and unanswered: as many as the line has room for are taken. */
  found(found: readonly StoredSend[]): void {
    for (const stored of found) {
      this.#stored.seen(stored.place);
      if (this.#inside.line.all.length < this.#inside.queuedMax) adoptSend(this.#inside, stored);
      else this.#more = true;
    }
    this.#inside.onDue();
  }

  /** Whether it is this tab that sends. */
  mayGo(): boolean {
    const { line, queuedMax } = this.#inside;
    if (this.#more && line.all.length < queuedMax / 2) this.#read(() => {});
    this.#turn.check();
    return this.#turn.ours;
  }

  /** Whether another tab may have sent it. */
  mayHaveGone(send: QueuedSend): boolean {
    return !this.#turn.ours && !send.saving;
  }

  /** Stores it, as it is now; until that is done it is `saving`. */
  put(send: QueuedSend): void {
    this.#stored.put(send);
  }

  /** It is answered, or given up. `done`: when no crash can bring it back. */
  settled(send: QueuedSend, outcome: SendOutcome, done?: () => void): void {
    const note = answerNote(send.conversation, send.id, outcome);
    this.#stored.remove(send, () => {
      done?.();
      this.#turn.tell(note);
    });
  }

  /** The storage has failed. */
  unkept(): void {
    this.#turn.stop();
    this.#stored.failed();
  }

  forget(): void {
    this.#turn.stop();
    this.#stored.forget();
    this.#more = false;
  }

  stop(): void {
    this.#turn.stop();
  }

  /** What could go out, from here or from another tab. */
  get #waiting(): readonly QueuedSend[] {
    return this.#inside.line.all.filter((send) => !send.saving && send.inFlightSince === null);
  }

  #read(done: () => void): void {
    this.#more = false;
    this.#stored.read((found) => {
      this.found(found);
      done();
    });
  }

  #written(): void {
    this.#turn.tell({ t: "queued" });
    this.#inside.onDue();
  }

  #hear(note: TabNote): void {
    if (note.t === "queued" || note.t === "need") this.#read(() => {});
    if (note.t !== "sent" && note.t !== "failed") return;
    this.#stored.answered(note, this.#inside.line.find(note.c, note.id));
    takeAnswer(this.#inside, note);
  }

  /** What waits here and is not stored any more was answered to a tab that ended before it could tell: ask again. */
  #mend(): void {
    const { line } = this.#inside;
    const waiting = this.#waiting;
    this.#stored.read((found) => {
      this.found(found);
      for (const send of waiting) {
        const isThere = found.some(({ c, id }) => id === send.id && c === send.conversation);
        if (!isThere && line.has(send)) this.#stored.put(send);
      }
    });
  }
}
