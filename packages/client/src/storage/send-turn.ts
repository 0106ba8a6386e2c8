import type { UserId } from "@earshot/protocol";
import { Alarm } from "../alarm.ts";
import type { Undo } from "../live.ts";
import type { Clock } from "../ports/clock.ts";
import type { TabChannel, Tabs } from "../ports/tabs.ts";
import type { TabNote } from "./tab-note.ts";

/** How long a tab that is connected waits for the one that sends, in ms, before it asks for its turn. */
const NEED_AFTER_MS = 3_000;
/** How long that one may take to say that it is there and connected, in ms; then its turn is taken. */
const BUSY_WITHIN_MS = 1_000;

export interface SendTurnHost {
  readonly clock: Clock;
  /** Does what comes from outside. */
  readonly run: <T>(work: () => T) => T;
  /** Whether there is a session that takes sends. */
  connected(): boolean;
  /** Whether something waits that is stored, and not on its way from here. */
  waiting(): boolean;
  /** It may be our turn: reads what is stored, and then says that it is. */
  prepare(begin: () => void): void;
  /** `ours` is true now. */
  onTurn(): void;
  onNote(note: TabNote): void;
  /** Something waits for long: makes sure that it is stored, and tells the others. */
  mend(): void;
}

/**
 * Whose turn it is to send what is stored: of all tabs that share a storage, that of the one with the
 * lock. It stays so until that tab ends; but a tab that is connected and waits takes it from one that is
 * not, or that a browser has frozen. That two send for a moment does no harm: each sends in the old
 * order, and what comes twice is told apart by its id (I4, I11).
 */
export class SendTurn {
  readonly #host: SendTurnHost;
  readonly #alarm: Alarm;
  #tabs: Tabs | null = null;
  #name = "";
  #channel: TabChannel | null = null;
  #release: Undo | null = null;
  #ours = true;

  constructor(host: SendTurnHost) {
    this.#host = host;
    this.#alarm = new Alarm(host.clock);
  }

  /** Whether this tab sends. Where nobody shares the storage, every one does. */
  get ours(): boolean {
    return this.#ours;
  }

  /** From now on turns are taken with the other tabs of this user. */
  start(tabs: Tabs | undefined, user: UserId): void {
    this.stop();
    if (tabs === undefined) return;
    this.#tabs = tabs;
    // the number is that of the notes' form
    this.#name = `sends.1/${user}`;
    this.#channel = tabs.channel(this.#name, (note) => this.#host.run(() => this.#hear(note as TabNote)));
    this.#queue(false);
  }

  /** Every tab for itself again. */
  stop(): void {
    this.#alarm.cancel();
    this.#release?.();
    this.#channel?.close();
    this.#release = null;
    this.#channel = null;
    this.#tabs = null;
    this.#ours = true;
  }

  tell(note: TabNote): void {
    this.#channel?.post(note);
  }

  /** Something waits. If it does so for long although we could send it, the turn is asked for. */
  check(): void {
    if (this.#ours || this.#alarm.isSet || !this.#host.waiting()) return;
    this.#alarm.set(NEED_AFTER_MS, () => this.#need());
  }

  #need(): void {
    if (this.#ours || !this.#host.waiting()) return;
    if (!this.#host.connected()) {
      this.check();
      return;
    }
    this.#host.mend();
    this.tell({ t: "need" });
    this.#alarm.set(BUSY_WITHIN_MS, () => this.#queue(true));
  }

  /** Gets in line for the lock; `take`: or before everybody else. */
  #queue(take: boolean): void {
    this.#release?.();
    this.#ours = false;
    let current = true;
    const release = this.#tabs?.lock(
      this.#name,
      {
        held: () => this.#host.run(() => this.#host.prepare(() => current && this.#begin())),
        lost: () => this.#host.run(() => current && this.#queue(false)),
      },
      take,
    );
    this.#release = () => {
      current = false;
      release?.();
    };
  }

  #begin(): void {
    this.#ours = true;
    this.#alarm.cancel();
    this.#host.onTurn();
  }

  #hear(note: TabNote): void {
    if (note.t === "busy") {
      this.#alarm.cancel();
      this.check();
    } else if (note.t === "need") {
      if (!this.#ours) return;
      if (this.#host.connected()) this.tell({ t: "busy" });
      // to the end of the line
      else this.#queue(false);
    }
    this.#host.onNote(note);
  }
}
