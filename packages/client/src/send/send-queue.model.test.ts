import { INFLIGHT_MAX, type SendFrame } from "@earshot/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Changes } from "../changes.ts";
import { noStorage } from "../no-storage.ts";
import { CLIENT_LIMITS } from "../options.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { SeededRandom } from "../testing/seeded-random.ts";
import type { QueuedSend } from "./queued-send.ts";
import { SendQueue } from "./send-queue.ts";

const CONVERSATIONS = ["c1", "c2"] as const;
const QUEUED_MAX = 12;
const RETRY_MS = 200;
const MALFORMED = 4500;

type Nature = "good" | "forbidden" | "poison";
type Step =
  | { readonly do: "send"; readonly c: string; readonly nature: Nature }
  /** The gateway reads the next frame. `refuses`: with `retry`, if it is new to it. */
  | { readonly do: "read"; readonly refuses: boolean }
  | { readonly do: "send again" | "cancel" | "retry"; readonly at: number }
  /** `unheard`: frames that the gateway still takes, without an answer that arrives. */
  | { readonly do: "lose"; readonly unheard: number; readonly inflight: number }
  | { readonly do: "away"; readonly unheard: number }
  | { readonly do: "pass"; readonly ms: number };

/** A gateway as section 5 of the protocol says it: what it has stored, and for which send each conversation is blocked. */
class Gateway {
  readonly stored = new Map<string, string[]>(CONVERSATIONS.map((c) => [c, []]));
  readonly texts = new Map<string, string>();
  inflight = INFLIGHT_MAX;
  open = false;
  unread: (SendFrame | { readonly t: "skip"; readonly id: string })[] = [];
  blockers = new Map<string, string>();
  natures = new Map<string, Nature>();
  /** Read or not, without an answer. */
  unanswered = 0;

  take(text: string): void {
    const frame = JSON.parse(text) as SendFrame;
    // the same id, the same frame, however often (I4)
    expect(this.texts.get(frame.id) ?? text).toBe(text);
    this.texts.set(frame.id, text);
    expect(this.open).toBe(true);
    this.unread.push(frame);
    expect(++this.unanswered).toBeLessThanOrEqual(this.inflight);
  }

  /** It comes behind what was sent before it. */
  skip(id: string): void {
    this.unread.push({ t: "skip", id });
  }

  #skip(id: string): void {
    for (const [c, blocker] of this.blockers) if (blocker === id) this.blockers.delete(c);
  }

  /** Reads one frame; answers as a session would. null: nothing is unread; "close": that frame ends the session. */
  read(refuses: boolean): "close" | ((queue: SendQueue) => void) | null {
    const frame = this.unread.shift();
    if (frame === undefined) return null;
    if (frame.t === "skip") {
      this.#skip(frame.id);
      return null;
    }
    const { id, c } = frame;
    const log = this.stored.get(c) as string[];
    if (this.natures.get(id) === "poison") return "close";
    this.unanswered--;
    const blocker = this.blockers.get(c) ?? id;
    if (!log.includes(id)) {
      if (blocker !== id) return this.#error(id, c, "blocked", RETRY_MS);
      if (refuses) {
        this.blockers.set(c, id);
        return this.#error(id, c, "rate_limited", RETRY_MS);
      }
      this.blockers.delete(c);
      if (this.natures.get(id) === "forbidden") return this.#error(id, c, "forbidden");
      log.push(id);
    }
    const seq = log.indexOf(id) + 1;
    return (queue) => queue.take({ t: "sent", id, c, epoch: "e1", seq, ord: seq, at: 0 });
  }

  end(): void {
    this.open = false;
    this.unread = [];
    this.blockers.clear();
    this.unanswered = 0;
  }

  #error(id: string, c: string, code: "blocked" | "rate_limited" | "forbidden", retry?: number) {
    return (queue: SendQueue) => queue.take({ t: "error", id, c, code, message: "", ...(retry && { retry }) });
  }
}

/** One client's queue and that gateway, with what the application wrote, in order. */
class World {
  readonly clock = new ManualClock();
  readonly gateway = new Gateway();
  readonly queue: SendQueue;
  written: QueuedSend[] = [];
  readonly cancelled = new Set<string>();
  #made = 0;

  constructor() {
    const { gateway, clock } = this;
    this.queue = new SendQueue({
      clock,
      random: new SeededRandom(1),
      changes: new Changes(),
      limits: { ...CLIENT_LIMITS, queuedSendsMax: QUEUED_MAX },
      gateway: {
        get open() {
          return gateway.open;
        },
        stopped: null,
        want: () => {},
        ask: () => {},
      },
      user: () => "me",
      tellAwaited: (text) => gateway.take(text),
      skip: (id) => gateway.skip(id),
      storage: noStorage,
      reached: () => "sent",
      awaits: () => false,
      onSent: () => false,
      onChange: () => {},
    });
    this.#welcome(INFLIGHT_MAX);
  }

  async run(step: Step): Promise<void> {
    switch (step.do) {
      case "send":
        this.#send(step.c, step.nature);
        break;
      case "send again": {
        const send = this.written[step.at % Math.max(1, this.written.length)];
        // by the same id it is the same send, as long as it has no answer
        if (send?.status === "pending") {
          expect(this.queue.send(send.conversation, send.draft.body, { id: send.id })).toBe(send);
        }
        break;
      }
      case "cancel": {
        const pending = this.written.filter(({ status }) => status === "pending");
        const send = pending[step.at % Math.max(1, pending.length)];
        if (send?.cancel()) this.cancelled.add(send.id);
        break;
      }
      case "retry":
        this.#retry(step.at);
        break;
      case "read":
        this.#read(step.refuses);
        break;
      case "lose":
      case "away":
        this.#lose(step.unheard, 1006);
        if (step.do === "lose") this.#welcome(step.inflight);
        break;
      case "pass":
        if (!this.gateway.open) this.#welcome(INFLIGHT_MAX);
        await this.clock.advance(step.ms);
    }
    this.#check();
  }

  async finish(): Promise<void> {
    for (let round = 0; this.written.some(({ status }) => status === "pending"); round++) {
      expect(round).toBeLessThan(200);
      if (!this.gateway.open) this.#welcome(INFLIGHT_MAX);
      while (this.gateway.unread.length > 0) this.#read(false);
      await this.run({ do: "pass", ms: RETRY_MS });
    }
    for (const { id, conversation, status } of this.written) {
      const isStored = this.gateway.stored.get(conversation)?.includes(id) ?? false;
      expect([id, status]).toEqual([id, isStored ? "sent" : "failed"]);
      const nature = this.gateway.natures.get(id);
      if (nature === "good" && !this.cancelled.has(id)) expect([id, isStored]).toEqual([id, true]);
    }
    await this.clock.advance(60_000);
    expect([this.clock.pending, this.queue.since]).toEqual([0, null]);
  }

  #send(c: string, nature: Nature): void {
    const pending = this.written.filter(({ status }) => status === "pending").length;
    const id = `m${String(++this.#made).padStart(4, "0")}`;
    this.gateway.natures.set(id, nature);
    const send = this.queue.send(c, { id }, { id });
    if (pending >= QUEUED_MAX) expect(send.current.error?.code).toBe("too_large");
    else this.written.push(send);
  }

  /** What failed is written anew: behind all others. */
  #retry(at: number): void {
    const failed = this.written.filter(({ status, id }) => status === "failed" && !this.cancelled.has(id));
    const send = failed[at % Math.max(1, failed.length)];
    if (send === undefined || this.written.filter(({ status }) => status === "pending").length >= QUEUED_MAX) return;
    this.written = [...this.written.filter((each) => each !== send), send];
    send.retry();
    expect(send.status).toBe("pending");
  }

  #read(refuses: boolean): void {
    const answer = this.gateway.read(refuses);
    if (answer === "close") {
      this.#lose(0, MALFORMED);
      this.#welcome(INFLIGHT_MAX);
    } else answer?.(this.queue);
  }

  #lose(unheard: number, code: number): void {
    if (!this.gateway.open) return;
    for (let frames = 0; frames < unheard && code !== MALFORMED; frames++) {
      if (this.gateway.natures.get(this.gateway.unread[0]?.id ?? "") !== "poison") this.gateway.read(false);
    }
    this.gateway.end();
    this.queue.lost(code);
  }

  #welcome(inflight: number): void {
    this.gateway.open = true;
    this.gateway.inflight = inflight;
    this.queue.welcomed({ frame: 65_536, body: 32_768, inflight });
  }

  #check(): void {
    for (const [c, log] of this.gateway.stored) {
      const order = this.written.filter((send) => send.conversation === c).map(({ id }) => id);
      expect(log).toEqual(order.filter((id) => log.includes(id)));
    }
    for (const { id, conversation, status } of this.written) {
      const isStored = this.gateway.stored.get(conversation)?.includes(id) ?? false;
      if (status === "sent") expect([id, isStored]).toEqual([id, true]);
      if (status === "failed") expect([id, isStored]).toEqual([id, false]);
      if (this.cancelled.has(id)) expect([id, isStored]).toEqual([id, false]);
    }
  }
}

const at = fc.nat(20);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 7,
    arbitrary: fc.record({
      do: fc.constant("send"),
      c: fc.constantFrom(...CONVERSATIONS),
      // what ends sessions and is sent alone from then on is rare: most runs are about many in flight
      nature: fc.nat(29).map((at): Nature => (at === 0 ? "poison" : at < 3 ? "forbidden" : "good")),
    }),
  },
  {
    weight: 10,
    arbitrary: fc.record({ do: fc.constant("read"), refuses: fc.constantFrom(false, false, false, true) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("cancel"), at: fc.constantFrom(0, 0, 1, 2) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("send again", "retry"), at }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("lose"),
      unheard: fc.nat(3),
      inflight: fc.constantFrom(1, 3, INFLIGHT_MAX),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("away"), unheard: fc.nat(3) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("pass"), ms: fc.constantFrom(20, 150, 300, 600) }) },
);

describe("SendQueue, between an application and a gateway that keeps to the protocol", () => {
  it("I1, I3, I4, I11: each conversation's sends are stored once, in the order written; what failed or was cancelled never is", {
    timeout: 60_000,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 80, size: "max" }), async (steps) => {
        const world = new World();
        for (const each of steps) await world.run(each);
        await world.finish();
      }),
      { numRuns: 120 },
    );
  });
});
