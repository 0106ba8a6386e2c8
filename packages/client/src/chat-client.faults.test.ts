import type { GatewayFrame, SendFrame } from "@earshot/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ChatClient } from "./chat-client.ts";
import type { WindowView } from "./message-window.ts";
import type { Outgoing } from "./outgoing.ts";
import { FakeGateway } from "./testing/fake-gateway.ts";
import { FakeNetwork } from "./testing/fake-network.ts";
import { ManualClock } from "./testing/manual-clock.ts";
import { SeededRandom } from "./testing/seeded-random.ts";

type Step =
  | { readonly do: "wait"; readonly ms: number }
  | { readonly do: "send"; readonly c: string; readonly count: number }
  | { readonly do: "others"; readonly c: string; readonly count: number }
  | { readonly do: "read"; readonly c: string; readonly back: number }
  | { readonly do: "mark"; readonly c: string; readonly on: boolean }
  | { readonly do: "kill" | "silence" | "down" | "up" | "wake" | "sleep" | "refuse" | "lose" }
  | { readonly do: "wire"; readonly wire: "good" | "lossy" | "doubling" | "swapping" };

const conversation = fc.constantFrom("c1", "c2");
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant("wait" as const), ms: fc.integer({ min: 0, max: 4_000 }) }) },
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant("send" as const), c: conversation, count: fc.integer({ min: 1, max: 8 }) }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("others" as const),
      c: conversation,
      count: fc.integer({ min: 1, max: 300 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("read" as const), c: conversation, back: fc.nat(5) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("mark" as const), c: conversation, on: fc.boolean() }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom("kill", "silence", "down", "up", "wake", "sleep", "refuse", "lose" as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("wire" as const),
      wire: fc.constantFrom("good", "lossy", "doubling", "swapping" as const),
    }),
  },
);

/** One device against one gateway, and whatever befalls the wire between them. */
class Trial {
  readonly clock = new ManualClock();
  readonly gateway = new FakeGateway(this.clock);
  readonly network = new FakeNetwork();
  readonly client: ChatClient;
  readonly sends: Outgoing[] = [];
  readonly #chance: SeededRandom;
  /** Wrong views, in words. */
  readonly wrong: string[] = [];
  #made = 0;
  #blocked = new Map<string, string>();
  #swapped: GatewayFrame | null = null;

  constructor(seed: number) {
    this.#chance = new SeededRandom(seed);
    this.client = new ChatClient({
      url: "http://localhost/chat",
      token: () => "me",
      clock: this.clock,
      network: this.network,
      random: new SeededRandom(seed + 1),
      transport: this.gateway.server.open,
    });
    for (const c of ["c1", "c2"]) {
      const window = this.client.conversation(c).messages();
      window.subscribe((view) => this.#check(c, view));
    }
    this.client.inbox.subscribe(() => {});
  }

  async run(steps: readonly Step[]): Promise<void> {
    for (const each of steps) await this.#step(each);
    // heal, then rest
    this.#wire("good");
    this.gateway.refuse = () => null;
    this.gateway.server.accepts = "all";
    await this.clock.advance(60_000);
  }

  async #step(step: Step): Promise<void> {
    const { clock, gateway, client, network } = this;
    switch (step.do) {
      case "wait":
        return clock.advance(step.ms);
      case "send":
        for (let at = 0; at < step.count; at++) {
          this.sends.push(client.conversation(step.c).send({ text: `mine ${++this.#made}` }));
        }
        return;
      case "others":
        for (let at = 0; at < step.count; at++)
          gateway.append(
            step.c,
            "you",
            { text: `theirs ${++this.#made}` },
            undefined,
            this.#made % 3 === 0 ? { mentions: "all" } : {},
          );
        return;
      case "read": {
        const last = client
          .conversation(step.c)
          .messages()
          .current.items.findLast(({ seq }) => seq !== null)?.seq;
        return client.conversation(step.c).markRead(last == null ? undefined : last - step.back);
      }
      case "mark":
        return client.conversation(step.c).markUnread(step.on);
      case "kill":
        return gateway.kill();
      case "silence":
        for (const peer of gateway.server.peers) peer.silent = true;
        return;
      case "down":
        gateway.server.accepts = "none";
        return network.tell("offline");
      case "up":
        gateway.server.accepts = "all";
        return network.tell("online");
      case "wake":
        return network.tell("wake");
      case "sleep":
        return clock.sleep(40_000);
      case "refuse":
        gateway.refuse = (frame) => this.#refuse(frame);
        return;
      case "lose":
        gateway.lose("c1", Math.floor(gateway.log("c1").length / 2));
        return this.#chance.float() < 0.5 ? gateway.kill() : void gateway.append("c1", "you", { text: "after" });
      case "wire":
        return this.#wire(step.wire);
    }
  }

  #wire(wire: "good" | "lossy" | "doubling" | "swapping"): void {
    this.gateway.fate = (frame) => {
      const held = this.#swapped === null ? [] : [this.#swapped];
      this.#swapped = null;
      if (frame.t !== "event" || wire === "good" || this.#chance.float() < 0.7) return [...held, frame];
      if (wire === "lossy") return held;
      if (wire === "doubling") return [...held, frame, frame];
      this.#swapped = frame;
      return held;
    };
  }

  /** Like a gateway that is over its rates: some are refused, and hold back those behind them. */
  #refuse({ id, c }: SendFrame): GatewayFrame | null {
    const head = this.#blocked.get(c);
    if (head !== undefined && head !== id) return { t: "error", id, code: "blocked", message: "", retry: 200 };
    this.#blocked.delete(c);
    if (this.#chance.float() < 0.7) return null;
    this.#blocked.set(c, id);
    return { t: "error", id, code: "rate_limited", message: "", retry: 200 };
  }

  #check(c: string, { items }: WindowView): void {
    const seqs = items.map((item) => item.seq).filter((seq) => seq !== null);
    const shown = seqs.slice(
      0,
      items.findIndex((item) => item.kind === "message" && item.status === "pending"),
    );
    for (let at = 1; at < shown.length; at++) {
      if (shown[at] !== (shown[at - 1] as number) + 1 && !this.#waiting(c, shown[at] as number)) {
        this.wrong.push(`${c}: ${shown[at]} after ${shown[at - 1]}`);
      }
    }
    const keys = new Set(items.map((item) => item.key));
    if (keys.size !== items.length) this.wrong.push(`${c}: an item twice`);
  }

  /** Own sends with a seq may stand behind a hole, at the end. */
  #waiting(c: string, seq: number): boolean {
    return this.sends.some((send) => send.current.conversation === c && send.current.seq === seq);
  }
}

/** More by `RUNS=5000`; fast-check prints the seed and path that replay a failure. */
const runs = Number((globalThis as { process?: { env: Record<string, string> } }).process?.env["RUNS"] ?? 100);

const rows = (trial: Trial, c: string): unknown[] => trial.gateway.log(c).map((row) => row.body?.["text"]);
const shown = (trial: Trial, c: string): unknown[] =>
  trial.client
    .conversation(c)
    .messages()
    .current.items.map((item) => item.body["text"]);

describe("ChatClient against a wire that loses, doubles and swaps, and a gateway that dies", () => {
  it("I1, I4, I7, I8, I9, I11, I13, I14, I16, I24: after healing all is there, once, in order", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.nat(), async (steps, seed) => {
        const trial = new Trial(seed);
        await trial.run(steps);
        expect(trial.wrong).toEqual([]);
        expect(trial.client.connection.current.status).toBe("online");
        for (const c of ["c1", "c2"]) {
          const log = rows(trial, c);
          expect(shown(trial, c)).toEqual(log.slice(-shown(trial, c).length));
          const view = trial.client.conversation(c).messages().current;
          expect([view.status, view.holes.length]).toEqual(["live", 0]);
          const marks = trial.gateway.marks.rowFields(c, "me", trial.gateway.log(c));
          const row = trial.client.inbox.current.rows.find(({ id }) => id === c);
          if (row !== undefined) {
            const { read, unread, mentions, marked } = row;
            expect({ delivered: 0, read, unread, mentions, ...(marked && { marked }) }).toEqual({
              ...marks,
              delivered: 0,
            });
            expect(row.head).toBe(log.length);
          } else {
            expect(log).toEqual([]);
          }
          const own = trial.sends.filter((send) => send.current.conversation === c);
          expect(own.every((send) => ["sent", "delivered", "read"].includes(send.current.status))).toBe(true);
          const mine = log.filter((text) => String(text).startsWith("mine"));
          const wanted = own.map((send) => send.current.body["text"]);
          expect(new Set(mine).size).toBe(mine.length);
          expect(mine.toSorted()).toEqual(wanted.toSorted());
          if (c === "c2") expect(mine).toEqual(wanted);
        }
        await trial.client.close();
        await trial.clock.advance(100);
        expect([trial.clock.pending, trial.network.listeners]).toEqual([0, 0]);
      }),
      { numRuns: runs },
    );
  }, 60_000);
});
