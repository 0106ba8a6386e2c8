import { type ConversationId, type InboxRow, LIMITS, type UserId } from "@earshot/protocol";
import type { Gauges } from "../../gauges.ts";
import type { MessageStore } from "../../ports/message-store.ts";
import { memoryStore } from "../../store/memory-message-store.ts";
import { type Faults, Lossy } from "../lossy.ts";
import { ManualClock } from "../manual-clock.ts";
import { SeededRandom } from "../seeded-random.ts";
import { TestEngine } from "../test-engine.ts";
import { Device } from "./device.ts";
import { OpenRequests } from "./open-requests.ts";
import { same } from "./page-check.ts";
import { StoreTruth } from "./store-truth.ts";
import type { TrueConversation } from "./true-conversation.ts";

export const USERS: readonly UserId[] = ["ana", "bo", "cy", "di", "ed", "fay"];
const DEVICES = 13;

const READS: Faults = { failBefore: 0.03, delay: 0.25, delayMsMax: 60 };
const WRITES: Faults = { failBefore: 0.04, failAfter: 0.04, delay: 0.25, delayMsMax: 60 };

/** Names of a store's methods by what may befall them. */
const FAULTS: { readonly [M in keyof MessageStore]?: Faults } = {
  append: WRITES,
  create: WRITES,
  // Of one that was removed nobody is left in the store to be told: who has not heard of it learns it from their inbox.
  remove: READS,
  raise: WRITES,
  put: WRITES,
  ban: WRITES,
  block: WRITES,
  range: READS,
  access: READS,
  members: READS,
  settings: READS,
  receipts: READS,
  inbox: READS,
  row: READS,
  blocked: READS,
};

/** What came of a key. */
interface KeyFate {
  /** How often it was sent, and how often that was refused for good. */
  asked: number;
  refused: number;
  stored: boolean;
}

/** A real engine, its users' devices, and all that is known of what happened. */
export class OutsiderWorld {
  readonly seed: number;
  readonly random: SeededRandom;
  readonly clock = new ManualClock();
  readonly plain = memoryStore({ clock: this.clock });
  readonly requests: OpenRequests;
  readonly truth: StoreTruth;
  readonly lossy: Lossy;
  readonly outage: Lossy;
  readonly engine: TestEngine;
  readonly devices: readonly Device[];
  /** When each user last said that they type. */
  readonly typed = new Map<string, number>();
  /** What came of each key: whether it was stored, or refused for good, or may be either. */
  readonly keys = new Map<string, KeyFate>();
  /** What users have certainly read, by user and conversation: since when they are members, and how far. */
  readonly reads = new Map<string, readonly [since: number, seq: number]>();
  /** The last things that were done. */
  readonly history: string[] = [];
  idle: Gauges | null = null;
  pending = 0;
  /** The store fails now and then, or has just done so. */
  stormy = false;
  /** The first thing that was wrong. */
  failure: Error | null = null;

  constructor(seed: number) {
    this.seed = seed;
    this.random = new SeededRandom(seed);
    const fail = (why: string): never => this.fail(why);
    this.requests = new OpenRequests(fail);
    this.truth = new StoreTruth(this.plain, () => this.requests.changed(), fail);
    this.lossy = new Lossy({ clock: this.clock, random: new SeededRandom(seed + 1) });
    this.outage = new Lossy({ clock: this.clock, random: new SeededRandom(seed + 2) });
    this.requests.failing = () => this.stormy;
    this.lossy.on = false;
    this.outage.on = false;
    const out = { failBefore: 0.5, failAfter: 0.8 };
    const store = this.outage.wrap(this.lossy.wrap(this.truth.store(), FAULTS), {
      append: out,
      create: out,
      raise: out,
    });
    const small = seed % 3 === 0;
    const limits = small ? { windowFramesMax: 4, outboxFramesMax: 12, recentEventsPerConversationMax: 4 } : {};
    this.engine = new TestEngine({ clock: this.clock, seed, store, limits });
    const house = {
      engine: this.engine,
      truth: this.truth,
      requests: this.requests,
      typedLately: (c: ConversationId, user: UserId) => this.typedLately(c, user),
      fail,
    };
    this.devices = Array.from({ length: DEVICES }, (_, index) => {
      const user = USERS[index % USERS.length] as UserId;
      const answered = (draft: { c: string; id: string }, outcome: string) =>
        this.came(user, draft.c, draft.id, outcome);
      const sentTwice = ({ c, id }: { c: string; id: string }) => (this.keys.get(`${user} ${c} ${id}`)?.asked ?? 0) > 1;
      return new Device({ ...house, answered, sentTwice }, user, `${user}-${Math.floor(index / USERS.length)}`);
    });
  }

  /** Remembered too: what is thrown within the engine is the engine's to catch. */
  fail(why: string): never {
    this.failure ??= this.#failure(why);
    throw this.failure;
  }

  /** Something that nobody awaits has failed. */
  noteFailure(error: unknown): void {
    this.failure ??= error instanceof Error ? error : this.#failure(String(error));
  }

  #failure(why: string): Error {
    const told = this.history.slice(-25).join("\n  ");
    return new Error(
      `${why}\n  seed ${this.seed}; replay: EARSHOT_SEED=${this.seed} npm test -- unit chat-engine.everything\n  before it:\n  ${told}`,
    );
  }

  note(what: string): void {
    this.history.push(`${this.clock.monotonic()} ${what}`);
  }

  pick<T>(from: readonly T[]): T {
    return from[this.random.below(from.length)] as T;
  }

  chance(of: number): boolean {
    return this.random.float() < of;
  }

  conversation(c: ConversationId): TrueConversation | undefined {
    return this.truth.conversations.get(c);
  }

  typedLately(c: ConversationId, user: UserId): boolean {
    const at = this.typed.get(`${c} ${user}`);
    return at !== undefined && this.clock.monotonic() - at <= LIMITS.typingShownMs;
  }

  /** A send was `asked` for, or answered. */
  came(user: UserId, c: ConversationId, id: string, outcome: string): void {
    const name = `${user} ${c} ${id}`;
    const key = this.keys.get(name) ?? { asked: 0, refused: 0, stored: false };
    this.keys.set(name, key);
    if (outcome === "asked") key.asked += 1;
    else if (outcome === "ok" || outcome === "dup") this.#stored(user, c, id, key);
    else if (!["unavailable", "blocked", "rate_limited"].includes(outcome)) key.refused += 1;
  }

  #stored(user: UserId, c: ConversationId, id: string, key: KeyFate): void {
    key.stored = true;
    const conversation = this.conversation(c);
    const seq = conversation?.keys.get(`${user} ${id}`)?.seq ?? 0;
    const stay = conversation?.stays(user).at(-1);
    if (stay !== undefined && stay[1] === null && seq >= stay[0]) this.hasRead(user, c, stay[0], seq);
  }

  hasRead(user: UserId, c: ConversationId, since: number, seq: number): void {
    const known = this.reads.get(`${user} ${c}`);
    const higher = known?.[0] === since ? Math.max(known[1], seq) : seq;
    if (known === undefined || known[0] <= since) this.reads.set(`${user} ${c}`, [since, higher]);
  }

  /** Looks at what has arrived everywhere. */
  look(): void {
    for (const device of this.devices) device.look();
    if (this.failure !== null) throw this.failure;
  }

  /** Everything heals, is answered, acknowledged and fetched. */
  async calm(): Promise<void> {
    this.note("calm");
    this.lossy.on = false;
    this.outage.on = false;
    for (let round = 0; round < 8; round++) {
      await this.engine.advance(round < 6 ? 800 : 2_500);
      this.look();
      for (const device of this.devices) {
        device.session?.acknowledge(0);
        device.session?.ping();
        for (const { id } of device.session?.sends.waiting() ?? []) device.session?.skip(id);
        if (round > 2) this.#mend(device);
      }
    }
    await this.engine.advance(200);
    this.look();
    this.stormy = false;
    for (const device of this.devices) device.session?.calm();
    for (let turn = 0; turn < 50 && this.requests.names.length > 0; turn++) await this.engine.settle();
    if (this.requests.names.length > 0) this.fail(`${this.requests.names[0]} was never answered`);
  }

  /** Fetches what is behind a hole, or was given up. */
  #mend(device: Device): void {
    const { session } = device;
    if (session === null) return;
    for (const [c, kept] of device.cursors.entries()) {
      if (!kept.lagging && kept.held.size === 0) continue;
      const id = device.nextId();
      const after = kept.last;
      const { user } = device;
      session.ask(id, {
        name: `${device.name} mends ${c} above ${after}`,
        possible: new Set(),
        outcomes: () => [
          this.conversation(c)?.removed === false && this.conversation(c)?.roles.has(user) ? "ok" : "not_found",
        ],
        answered: (frame) => {
          if (frame.t === "error" && frame.code === "not_found") device.cursors.forget(c);
          if (frame.t === "events" && "from" in frame) device.cursors.page(c, frame);
          if (frame.t === "events" && "more" in frame && kept.last < frame.head) kept.lagging = true;
        },
      });
      session.client.pair.send({ t: "fetch", id, c, after });
    }
  }

  /** Why a row of an inbox is not what the log up to its own head says; null: it is. */
  rowFault(user: UserId, row: InboxRow): string | null {
    const conversation = this.conversation(row.c);
    if (conversation === undefined || row.head > conversation.head) return `${row.c} at ${row.head} is none`;
    const { read, delivered, mute } = row;
    const should = conversation.inboxRow(user, row.head, { read, delivered, mute, marked: row.marked === true });
    if (should === null) return `${row.c} was not theirs at ${row.head}`;
    const since = conversation.stays(user, row.head).at(-1)?.[0] ?? 0;
    if (read < since || delivered < read || delivered > row.head)
      return `${row.c} has read ${read}, delivered ${delivered}`;
    return same(row, should) ? null : `${JSON.stringify(row)} should be ${JSON.stringify(should)}`;
  }

  /** Begins the engine with nobody there. */
  async begin(): Promise<void> {
    await this.engine.chat.start();
    await this.engine.settle();
    this.idle = this.engine.gauges;
    this.pending = this.clock.pending;
  }

  /** I25: everybody goes, time passes, and nothing is left. */
  async end(): Promise<void> {
    for (const device of this.devices) {
      device.session?.client.pair.close();
      device.lose();
    }
    await this.engine.advance(60_000);
    if (!same(this.engine.gauges, this.idle)) this.fail(`I25: ${JSON.stringify(this.engine.gauges)} is left`);
    if (this.clock.pending > this.pending) this.fail(`I25: ${this.clock.pending - this.pending} timers are left`);
    await this.engine.close();
    if (this.clock.pending > 0) this.fail(`I25: ${this.clock.pending} timers are left of a closed engine`);
  }
}
