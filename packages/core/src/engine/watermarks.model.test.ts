import { ChatError } from "@earshot/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { MessageStore } from "../ports/message-store.ts";
import type { Raise, Raised } from "../ports/watermarks.ts";
import { memoryStore } from "../store/memory-message-store.ts";
import { silentLogger } from "../system/silent-logger.ts";
import { conversation, message } from "../testing/conformance/message-store/entries.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { Watermarks } from "./watermarks.ts";

const USERS = ["alice", "bob", "carol"] as const;
const FIRST_HEAD = 6;
/** What the store may take, and so what a claim may come later than it should. */
const STORE_MS = 120;
const WITHIN_MS = { read: 200, sent: 200, delivered: 2_000 } as const;

type User = (typeof USERS)[number];
type Trouble = "none" | "refuses" | "loses answers";
type Step =
  /** `by`: from the head; above it, too. */
  | { readonly do: "read" | "delivered"; readonly user: User; readonly by: number }
  | { readonly do: "send" | "mark" | "flush"; readonly user: User }
  | { readonly do: "store"; readonly trouble: Trouble; readonly ms: number }
  | { readonly do: "pass"; readonly ms: number };

interface Claim {
  readonly user: User;
  readonly kind: keyof typeof WITHIN_MS;
  readonly seq: number;
  readonly by: number;
}

const unavailable = (): ChatError => new ChatError("unavailable", "no answer", { retryAfterMs: 10 });

/** Members who read and write, a store that has its troubles, and beside it what each has claimed. */
class World {
  readonly clock = new ManualClock();
  readonly store: MessageStore = memoryStore();
  readonly made = conversation("c1", { members: USERS.map((user) => [user, "member"]) });
  readonly watermarks: Watermarks;
  head = FIRST_HEAD;
  trouble: Trouble = "none";
  storeMs = 0;
  /** Claims that were not tried to be written yet. */
  owed: Claim[] = [];
  /** Of each: the lowest that it must end at, the highest that it may. */
  readonly least = new Map<string, number>();
  readonly most = new Map<string, number>();
  readonly told = new Map<string, Raised>();
  /** Reads without an answer, in the order asked. */
  readonly open: { readonly user: User }[] = [];
  reads = 0;
  #writing = false;
  /** What was found wrong where nothing may throw. */
  readonly #wrong: unknown[] = [];

  constructor() {
    this.watermarks = new Watermarks({
      store: { raise: (raises) => this.#raise(raises), put: (...given) => this.store.put(...given) },
      clock: this.clock,
      logger: silentLogger,
      limits: { watermarksHeldMax: 100, watermarksHeldPerUserMax: 100, rememberedMax: 10 },
      life: () => null,
      raised: (_c, user, raised) => this.#hear(user, raised),
    });
  }

  async begin(): Promise<this> {
    await this.store.open();
    await this.store.create(this.made);
    await this.store.append(Array.from({ length: FIRST_HEAD - 1 }, () => message("c1", "alice", "hi")));
    this.#claim("alice", "sent", FIRST_HEAD);
    this.owed = [];
    return this;
  }

  async run(step: Step): Promise<void> {
    switch (step.do) {
      case "read":
        this.#read(step.user, Math.max(1, this.head + step.by));
        break;
      case "delivered":
        this.#claim(step.user, "delivered", Math.max(1, this.head + step.by));
        this.watermarks.delivered(step.user, "c1", Math.max(1, this.head + step.by));
        break;
      case "send":
        await this.store.append([message("c1", step.user, "hi")]);
        this.head++;
        this.#claim(step.user, "sent", this.head);
        this.watermarks.sent(step.user, "c1", { epoch: this.made.epoch, seq: this.head });
        break;
      case "mark":
        this.#mark(step.user);
        break;
      case "flush":
        void this.watermarks.flush(step.user);
        break;
      case "store":
        this.trouble = step.trouble;
        this.storeMs = step.ms;
        break;
      case "pass":
        await this.clock.advance(step.ms);
    }
    await this.clock.settle();
    const late = this.owed.filter(({ by }) => by + 2 * STORE_MS < this.clock.monotonic());
    expect(late).toEqual([]);
    for (const wrong of this.#wrong) throw wrong;
  }

  /** The store is well again: everything comes to rest. */
  async finish(): Promise<void> {
    this.trouble = "none";
    this.storeMs = 0;
    await this.run({ do: "pass", ms: 5_000 });
    expect([this.watermarks.size, this.clock.pending, this.open, this.owed]).toEqual([0, 0, [], []]);
    for (const user of USERS) {
      const [access] = await this.store.access([{ user, conversation: "c1" }]);
      const { delivered, read } = access as NonNullable<typeof access>;
      this.#within(`${user} read`, read);
      this.#within(`${user} delivered`, delivered);
      const told = this.told.get(user);
      // at creation both stood at 1
      if (delivered > 1 && user !== "alice") expect(told).toBeDefined();
      if (told !== undefined) expect([told.delivered, told.read]).toEqual([delivered, read]);
    }
  }

  #note(check: () => void): void {
    try {
      check();
    } catch (error) {
      this.#wrong.push(error);
    }
  }

  #within(key: string, seq: number): void {
    expect(seq).toBeGreaterThanOrEqual(this.least.get(key) ?? 1);
    expect(seq).toBeLessThanOrEqual(this.most.get(key) ?? 1);
  }

  #claim(user: User, kind: Claim["kind"], seq: number): void {
    this.owed.push({ user, kind, seq, by: this.clock.monotonic() + WITHIN_MS[kind] });
    // what is read is delivered too
    for (const mark of kind === "delivered" ? ["delivered"] : ["delivered", "read"]) {
      const key = `${user} ${mark}`;
      this.least.set(key, Math.max(this.least.get(key) ?? 1, Math.min(seq, this.head)));
      this.most.set(key, Math.max(this.most.get(key) ?? 1, seq));
    }
  }

  #read(user: User, seq: number): void {
    const { head } = this;
    const asked = { user };
    this.reads++;
    this.open.push(asked);
    this.#claim(user, "read", seq);
    const answered = () => this.open.splice(this.open.indexOf(asked), 1);
    this.watermarks.read(user, "c1", seq).then(
      async () => {
        answered();
        const [access] = await this.store.access([{ user, conversation: "c1" }]);
        this.#note(() => expect(access?.read).toBeGreaterThanOrEqual(Math.min(seq, head)));
      },
      (error: unknown) => {
        answered();
        this.#note(() => expect(error).toMatchObject({ code: "unavailable", retryAfterMs: expect.any(Number) }));
      },
    );
  }

  /** Behind what was read before it; unless more is read meanwhile, which clears the mark again and takes the earlier with it. */
  #mark(user: User): void {
    const before = this.open.filter((asked) => asked.user === user);
    const { reads } = this;
    this.watermarks.put(user, "c1", { marked: true }).then(
      () =>
        this.#note(() => expect(reads === this.reads && this.open.some((asked) => before.includes(asked))).toBe(false)),
      (error: unknown) => this.#note(() => expect(error).toMatchObject({ code: "unavailable" })),
    );
  }

  async #raise(raises: readonly Raise[]): Promise<readonly (Raised | null)[]> {
    this.#note(() => {
      expect(this.#writing).toBe(false);
      expect(new Set(raises.map(({ user }) => user)).size).toBe(raises.length);
    });
    this.#writing = true;
    const covers = (claim: Claim) =>
      raises.some(({ user, read, delivered }) => {
        const seq = claim.kind === "read" ? read : Math.max(delivered ?? 0, read ?? 0);
        return user === claim.user && seq !== undefined && seq >= claim.seq;
      });
    this.owed = this.owed.filter((claim) => !covers(claim));
    const { trouble, storeMs } = this;
    if (storeMs > 0) await new Promise<void>((resolve) => this.clock.after(storeMs, resolve));
    this.#writing = false;
    if (trouble === "refuses") throw unavailable();
    const raised = await this.store.raise(raises);
    if (trouble === "loses answers") throw unavailable();
    return raised;
  }

  #hear(user: string, raised: Raised): void {
    const last = this.told.get(user) ?? { delivered: 0, read: 0 };
    this.#note(() => {
      expect(raised.read).toBeGreaterThanOrEqual(last.read);
      expect(raised.delivered).toBeGreaterThanOrEqual(last.delivered);
      expect(raised.read).toBeLessThanOrEqual(raised.delivered);
      expect(raised.delivered).toBeLessThanOrEqual(this.head);
    });
    this.told.set(user, raised);
  }
}

const user = fc.constantFrom(...USERS);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant("read"), user, by: fc.integer({ min: -5, max: 2 }) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("delivered"), user, by: fc.integer({ min: -5, max: 2 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("send"), user }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("mark", "flush"), user }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("store"),
      trouble: fc.constantFrom<Trouble>("none", "refuses", "loses answers"),
      ms: fc.constantFrom(0, 30, STORE_MS),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("pass"), ms: fc.constantFrom(10, 150, 900, 2_100) }) },
);

describe("Watermarks, over a store that has its troubles", () => {
  it("I14: end at the highest that was claimed, are told only upwards, each tried in its time, and none is forgotten", {
    timeout: 60_000,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40, size: "max" }), async (steps) => {
        const world = await new World().begin();
        for (const each of steps) await world.run(each);
        await world.finish();
      }),
      { numRuns: 50 },
    );
  });
});
