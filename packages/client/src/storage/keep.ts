import { ChatError, type ConversationId, isChatError, type UserId } from "@earshot/protocol";
import { Alarm } from "../alarm.ts";
import type { Changes } from "../changes.ts";
import type { ClientStorage } from "../ports/client-storage.ts";
import type { Clock } from "../ports/clock.ts";
import type { Stored, StoredTimeline } from "../ports/stored.ts";
import type { StorageView } from "../storage-view.ts";

/**
 * Longest silence of a storage, in ms; then it has failed. Waited twice, so that a page that stood
 * still meanwhile gives it one fresh interval. Browsers are known to leave a request hanging for ever.
 */
const ANSWER_WITHIN_MS = 5_000;
/** Longest time that a connection waits for what is stored, in ms. */
const READY_WITHIN_MS = 2_000;

/** What the keep needs of its neighbours. */
export interface KeepHost {
  readonly storage: ClientStorage;
  readonly clock: Clock;
  readonly changes: Changes;
  /** This is what was stored. Called once at most, and only if it is of the user who is signed in, or nobody is yet. */
  onOpen(stored: Stored): void;
  /** From now on this user's things are kept. After `onOpen`. */
  onBegun(user: UserId): void;
  /** Nothing is kept any more: go on in memory. */
  onFailed(): void;
  /** `view` is another one. */
  onChange(): void;
}

interface Task {
  readonly work: (storage: ClientStorage) => Promise<unknown>;
  /** Gets null if the storage has failed. */
  readonly done: (value: unknown) => void;
}

/** `idle` → `opening` → `open` (nobody's yet) → `begun`; `over`: failed, or closed. */
type Stage = "idle" | "opening" | "open" | "begun" | "over";

/**
 * Holds the storage: opens it at first need, asks it one thing after the other, and lets go of it when
 * it fails or does not answer.
 */
export class Keep {
  readonly #host: KeepHost;
  readonly #deadline: Alarm;
  #stage: Stage = "idle";
  #user: UserId | null = null;
  #error: ChatError | null = null;
  /** What moves the stage, and is done before all else. */
  #steps: Task[] = [];
  /** What needs a user. */
  #tasks: Task[] = [];
  #current: Task | null = null;
  /** Called when nothing is left that can be done now. */
  #idlers: (() => void)[] = [];

  constructor(host: KeepHost) {
    this.#host = host;
    this.#deadline = new Alarm(host.clock);
  }

  get view(): StorageView {
    if (this.#error !== null) return { status: "failed", error: this.#error };
    return { status: this.#stage === "begun" ? "saved" : "memory", error: null };
  }

  /** Whether what is asked for will be done: now, or once it is known who the user is. */
  get keeps(): boolean {
    return this.#stage !== "over";
  }

  /** Opens it, the first time. Resolves when what was asked for so far is there, or after 2 s. Never rejects. */
  ready(): Promise<void> {
    if (this.#stage === "idle") this.#open();
    return this.#idle(READY_WITHIN_MS);
  }

  /** The gateway has told who the user is. */
  begin(user: UserId): void {
    if (this.#user === user || !this.keeps) return;
    if (this.#user !== null) this.#tasks = [];
    this.#user = user;
    if (this.#stage === "open" || this.#stage === "begun") this.#begin(user);
  }

  /** What was stored of a conversation; null if nothing was. */
  timeline(c: ConversationId, done: (stored: StoredTimeline | null) => void): void {
    if (this.#stage === "open") done(null);
    else this.ask<StoredTimeline | null>((storage) => storage.timeline(c), done);
  }

  /**
   * Asks the storage, after what was asked before, once there is a user. `done` gets null if it has
   * failed or is closed, then perhaps at once; and is not called at all if another user comes first.
   */
  ask<T>(work: (storage: ClientStorage) => Promise<T>, done: (value: T | null) => void): void {
    if (!this.keeps) {
      done(null);
      return;
    }
    this.#tasks.push(this.#ofUser({ work, done: done as Task["done"] }));
    this.#next();
  }

  /** Waits for what is in hand, and lets go of it. `forget`: also of all that is stored in it. */
  async close(forget: boolean): Promise<void> {
    const { storage, changes } = this.#host;
    if (!forget && this.#stage === "idle") this.#stage = "over";
    await this.ready();
    await this.#idle();
    if (!this.keeps) return;
    const work = (): Promise<void> => (forget ? storage.clear() : Promise.resolve());
    await new Promise<unknown>((resolve) => changes.run(() => this.#step({ work, done: resolve })));
    this.#stage = "over";
    this.#deadline.cancel();
    await storage.close().catch(() => {});
  }

  #open(): void {
    this.#stage = "opening";
    const work = (storage: ClientStorage): Promise<Stored | null> => storage.open();
    this.#step({ work, done: (stored) => this.keeps && this.#opened(stored as Stored | null) });
  }

  #opened(stored: Stored | null): void {
    this.#stage = "open";
    const user = this.#user ?? stored?.user ?? null;
    if (stored !== null && stored.user === user) {
      this.#begun(user);
      this.#host.onOpen(stored);
    } else if (user !== null) {
      this.#begin(user);
    }
  }

  #begin(user: UserId): void {
    this.#stage = "open";
    const work = (storage: ClientStorage): Promise<void> => storage.begin(user);
    this.#step({ work, done: () => this.keeps && this.#user === user && this.#begun(user) });
  }

  #begun(user: UserId): void {
    this.#user = user;
    this.#stage = "begun";
    this.#host.onBegun(user);
    this.#host.onChange();
  }

  /** One whose answer nobody hears when another user has come meanwhile. */
  #ofUser(task: Task): Task {
    const user = this.#user;
    return { work: task.work, done: (value) => (user === null || user === this.#user) && task.done(value) };
  }

  #step(task: Task): void {
    this.#steps.push(task);
    this.#next();
  }

  #next(): void {
    const { storage, changes } = this.#host;
    if (this.#current !== null || !this.keeps) return;
    const task = this.#steps.shift() ?? (this.#stage === "begun" ? this.#tasks.shift() : undefined);
    if (task === undefined) {
      if (this.#isIdle) for (const wake of this.#idlers.splice(0)) wake();
      return;
    }
    this.#current = task;
    this.#deadline.set(ANSWER_WITHIN_MS, () => this.#deadline.set(ANSWER_WITHIN_MS, () => this.#silent()));
    const ifCurrent = (then: () => void): void => {
      if (this.#current === task) changes.run(then);
    };
    (async () => task.work(storage))().then(
      (value) => ifCurrent(() => this.#did(task, value)),
      (cause: unknown) => ifCurrent(() => this.#fail(storageError(cause))),
    );
  }

  #did(task: Task, value: unknown): void {
    this.#deadline.cancel();
    this.#current = null;
    task.done(value);
    this.#next();
  }

  #silent(): void {
    this.#fail(new ChatError("storage", "unable to keep anything; the storage does not answer"));
  }

  /** It has failed: whoever waits for it waits no longer, and what it still does is not looked at. */
  #fail(error: ChatError): void {
    this.#error = error;
    this.#stage = "over";
    this.#deadline.cancel();
    const tasks = [...(this.#current ? [this.#current] : []), ...this.#steps, ...this.#tasks];
    this.#current = null;
    this.#steps = [];
    this.#tasks = [];
    this.#host.onFailed();
    for (const task of tasks) task.done(null);
    for (const wake of this.#idlers.splice(0)) wake();
    this.#host.onChange();
    this.#host.storage.close().catch(() => {});
  }

  /** Whether nothing is left that can be done now. */
  get #isIdle(): boolean {
    if (this.#stage === "over") return true;
    const runnable = this.#steps.length + (this.#stage === "begun" ? this.#tasks.length : 0);
    return this.#stage !== "opening" && this.#current === null && runnable === 0;
  }

  #idle(withinMs?: number): Promise<void> {
    return new Promise((resolve) => {
      if (this.#isIdle) {
        resolve();
        return;
      }
      const timer = withinMs === undefined ? null : this.#host.clock.after(withinMs, resolve);
      this.#idlers.push(() => {
        timer?.cancel();
        resolve();
      });
    });
  }
}

function storageError(cause: unknown): ChatError {
  if (isChatError(cause) && cause.code === "storage") return cause;
  return new ChatError("storage", "unable to keep anything; the storage failed", { cause });
}
