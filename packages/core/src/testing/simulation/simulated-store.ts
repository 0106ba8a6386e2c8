import type { ConversationId, Epoch } from "@earshot/protocol";
import type { NewConversation } from "../../ports/conversation-settings.ts";
import type { MessageStore } from "../../ports/message-store.ts";
import { memoryStore } from "../../store/memory-message-store.ts";
import type { SeededRandom } from "../seeded-random.ts";
import type { CrashPoint } from "./fault.ts";
import type { WriteLine } from "./fault-counts.ts";
import { OperationLog, WRITES } from "./operation-log.ts";
import { never, notOpen, type PortUser, unreachable } from "./port-user.ts";
import type { SimulatedTime } from "./time.ts";
import { Trouble } from "./trouble.ts";

export interface SimulatedPortSurroundings {
  readonly time: SimulatedTime;
  readonly random: SeededRandom;
  readonly write: WriteLine;
}

type Method = keyof Omit<MessageStore, "durability" | "open" | "close">;
type AnyCall = (...given: readonly unknown[]) => Promise<unknown>;

const READS: readonly Method[] = [
  "ping",
  "range",
  "settings",
  "access",
  "members",
  "inbox",
  "row",
  "tally",
  "receipts",
  "blocked",
  "feed",
  "feedEnd",
  "changes",
  "revocations",
  "conversations",
  "memberships",
];

/** Longest wait of a client for a store that does not answer, and the shortest. */
const HANGS_UP_TO_MS = 5_000;
const HANGS_FROM_MS = 1_000;

/**
 * One store for all gateways, on a server of its own: calls take their time on the way there and back, and may be
 * refused, lost, or answered never. What it has resolved stays, until it is put back to an earlier moment.
 */
export class SimulatedStore {
  readonly #time: SimulatedTime;
  readonly #random: SeededRandom;
  readonly #write: WriteLine;
  /** As leases see it: while operations are done again, when they were done first. */
  #moment: number | null = null;
  #store: MessageStore;
  readonly #log = new OperationLog();
  /** Rises when all clients lose their connections. */
  #era = 0;
  /** What was begun before the last of them goes on no longer. */
  #healings = 0;
  readonly #down: Trouble;
  readonly #refuses: Trouble<number>;
  readonly #slow: Trouble<number>;
  readonly #losesAnswers: Trouble<number>;
  readonly #cutOff = new Map<string, Trouble>();
  /** When anything can go wrong with a call at all: most calls need not look further. */
  #troubledUntil = 0;

  constructor({ time, random, write }: SimulatedPortSurroundings) {
    this.#time = time;
    this.#random = random;
    this.#write = write;
    this.#store = this.#fresh();
    this.#down = new Trouble(time);
    this.#refuses = new Trouble(time);
    this.#slow = new Trouble(time);
    this.#losesAnswers = new Trouble(time);
  }

  /** The store itself, without a network in between: for who checks what it holds in the end. */
  get plain(): MessageStore {
    return this.#store;
  }

  /** Conversations that were made, and their epochs now. */
  get epochs(): ReadonlyMap<ConversationId, Epoch> {
    return this.#log.epochs;
  }

  /** A gateway's end. */
  client(user: PortUser): MessageStore {
    let open = false;
    const call =
      (method: Method): AnyCall =>
      (...given) =>
        open ? this.#call(user, method, given) : Promise.reject(notOpen("store"));
    const methods = [...READS, ...WRITES].map((method) => [method, call(method as Method)] as const);
    return {
      durability: this.#store.durability,
      open: async () => {
        await this.#call(user, "ping", []);
        open = true;
      },
      close: async () => {
        open = false;
      },
      ...Object.fromEntries(methods),
    } as unknown as MessageStore;
  }

  // ---- what goes wrong

  /** Nobody gets an answer for `ms`; what was resolved is still there afterwards. */
  down(ms: number, fired: () => void): void {
    this.#era++;
    this.#down.begin(ms, null, fired);
    this.#troubled(ms);
  }

  /** Five restarts. */
  flap(ms: number, fired: () => void): void {
    const each = ms / FLAPS;
    const healings = this.#healings;
    for (let flap = 0; flap < FLAPS; flap++) {
      this.#time.after(flap * each, () => {
        if (this.#healings === healings) this.down(each / 2, flap === 0 ? fired : () => {});
      });
    }
  }

  /** Calls fail by this chance, and nothing was done. */
  refuse(ms: number, chance: number, fired: () => void): void {
    this.#refuses.begin(ms, chance, fired);
    this.#troubled(ms);
  }

  /** Calls take up to `upToMs`. */
  slow(ms: number, upToMs: number, fired: () => void): void {
    this.#slow.begin(ms, upToMs, fired);
    this.#troubled(ms);
  }

  /** What was done is answered with a failure, by this chance. */
  loseAnswers(ms: number, chance: number, fired: () => void): void {
    this.#losesAnswers.begin(ms, chance, fired);
    this.#troubled(ms);
  }

  /** One gateway does not reach it. */
  cutOff(node: string, ms: number, fired: () => void): void {
    const trouble = this.#cutOff.get(node) ?? new Trouble(this.#time);
    this.#cutOff.set(node, trouble);
    trouble.begin(ms, null, fired);
    this.#troubled(ms);
  }

  /** What was written after a moment is lost, all logs go on in another life, and whoever waited for an answer gets none. */
  rewind(to: number, fired: () => void): void {
    const before = new Map(this.#log.epochs);
    this.#era++;
    this.#log.rewind(to);
    this.#store = this.#fresh();
    this.#log.replay(this.#store, (at) => {
      this.#moment = at;
    });
    this.#moment = null;
    const plain = this.#store;
    const heads = [...before.keys()].map((c) =>
      plain.range({ conversation: c, view: "log", from: "newest", rows: 1, bytes: 1 }),
    );
    // All of it has settled before anything else happens: a memory store takes no time.
    void Promise.all(heads).then((pages) => {
      const epochs = [...before].map(
        ([c, from], at) => [c, from, pages[at]?.epoch ?? "", pages[at]?.head ?? 0] as const,
      );
      fired();
      this.#write({ t: this.#time.now, p: "sim", ev: "rewind", epochs });
    });
  }

  heal(): void {
    this.#healings++;
    for (const trouble of [this.#down, this.#refuses, this.#slow, this.#losesAnswers, ...this.#cutOff.values()]) {
      trouble.end();
    }
    this.#troubledUntil = 0;
  }

  #troubled(ms: number): void {
    this.#troubledUntil = Math.max(this.#troubledUntil, this.#time.now + ms);
  }

  // ---- one call

  #call(user: PortUser, method: Method, given: readonly unknown[]): Promise<unknown> {
    const point = before(method);
    if (user.clock.dead || (point !== null && user.crashesAt(point))) return never();
    return new Promise((resolve, reject) => {
      const era = this.#era;
      const fail = (why: string, inMs: number): void => {
        this.#time.after(inMs, () => reject(unreachable(method, why)), user.clock);
      };
      this.#time.after(this.#way(), () => {
        const why = this.#unreached(user, era);
        if (why !== null) fail(why, this.#random.float() < 0.5 ? 1 : this.#hangs());
        else if (this.#strikes(this.#refuses)) fail("the storage refuses", 1);
        else this.#apply(method, given).then(answered(resolve), answered(reject));
      });
      /** What was done is on its way back. */
      const answered = (settle: (value: unknown) => void) => (value: unknown) => {
        if (method === "append" && user.crashesAt("after append")) return;
        const back = this.#random.float() < 0.8 ? 0 : 1 + this.#random.below(2);
        const arrive = (): void => {
          const lost = this.#unreached(user, era);
          if (lost !== null) fail(lost, this.#hangs());
          else if (this.#strikes(this.#losesAnswers)) fail("the answer was lost", 1);
          else settle(value);
        };
        if (back > 0 || user.clock.dead || user.clock.stalled) this.#time.after(back, arrive, user.clock);
        else arrive();
      };
    });
  }

  /** Why nothing passes between the gateway and the store now; null: it does. */
  #unreached(user: PortUser, era: number): string | null {
    if (era !== this.#era) return this.#down.on && this.#down.strike() ? "the store is down" : "the connection broke";
    if (this.#troubledUntil <= this.#time.now) return null;
    if (this.#down.on && this.#down.strike()) return "the store is down";
    const cut = this.#cutOff.get(user.node);
    return cut?.on && cut.strike() ? "the store cannot be reached" : null;
  }

  #strikes(trouble: Trouble<number>): boolean {
    if (this.#troubledUntil <= this.#time.now) return false;
    const { detail } = trouble;
    return detail !== null && this.#random.float() < detail && trouble.strike();
  }

  #hangs(): number {
    return HANGS_FROM_MS + this.#random.below(HANGS_UP_TO_MS - HANGS_FROM_MS);
  }

  /** Mostly 0–2 ms; rarely long. */
  #way(): number {
    const { detail } = this.#slow;
    if (detail !== null && this.#slow.strike()) return Math.floor(detail * this.#random.float() ** 2);
    const luck = this.#random.float();
    return luck < 0.995 ? Math.floor(luck * 3) : 20 + this.#random.below(300);
  }

  #apply(method: Method, given: readonly unknown[]): Promise<unknown> {
    const store = this.#store;
    // Before anybody hears of it, and in the order in which it happens.
    if (WRITES.has(method)) this.#log.add(this.#time.now, method, this.#kept(method, given));
    const done = (store[method] as AnyCall).apply(store, given as unknown[]);
    if (method !== "create") return done;
    return done.then((made) => {
      if ((made as { readonly kind: string }).kind === "created" && store === this.#store) {
        this.#log.created((given as readonly [NewConversation])[0]);
      }
      return made;
    });
  }

  /** What to do again, so that it comes to the same. */
  #kept(method: Method, given: readonly unknown[]): readonly unknown[] {
    if (method !== "setting") return given;
    const [name, make] = given as [string, () => string];
    let made: string | null = null;
    const once = (): string => {
      made ??= make();
      return made;
    };
    (given as unknown[])[1] = once;
    return [name, once];
  }

  #fresh(): MessageStore {
    const store = memoryStore({ clock: { monotonic: () => this.#moment ?? this.#time.now } });
    void store.open();
    return store;
  }
}

const FLAPS = 5;

/** Where a gateway may die with this call still unsent. */
function before(method: Method): CrashPoint | null {
  if (method === "append") return "before append";
  if (method === "raise") return "before raise";
  return method === "range" || method === "access" ? "before read" : null;
}
