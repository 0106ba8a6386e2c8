import { isChatError } from "@earshot/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { PollAnswer, PollExchange } from "./poll-exchange.ts";
import { PollOrder } from "./poll-order.ts";

const EARLY_MAX = 3;

type Step =
  /** A client asks with the next `k` but `by`: again, in turn, or before those before it. */
  | { readonly do: "ask"; readonly by: number; readonly waits: boolean }
  | { readonly do: "leave"; readonly at: number }
  | { readonly do: "answer" | "end" | "close" }
  | { readonly do: "sweep"; readonly ms: number };

/** Somebody who waits for an answer. */
interface Asker {
  readonly k: number;
  readonly gone: AbortController;
  /** What they were told; undefined: nothing yet. */
  told: PollAnswer | "refused" | undefined;
}

/** One session's polls, and beside them which were taken, in which order, and what each was answered. */
class World {
  now = 0;
  readonly taken: number[] = [];
  /** What each `k` was answered: the same for all who asked. */
  readonly answers = new Map<number, PollAnswer>();
  asking: Asker[] = [];
  asked = 0;
  over = false;
  readonly polls = new PollOrder({
    clock: { monotonic: () => this.now },
    limits: { earlyPollsMax: EARLY_MAX },
    makeRoom: () => {},
    took: (poll: PollExchange) => {
      // each once, in the order of `k`, whatever order they came in
      expect([this.over, poll.k]).toEqual([false, (this.taken.at(-1) ?? 0) + 1]);
      this.taken.push(poll.k);
      // the one before is answered by that, with nothing
      if (poll.k > 1 && !this.answers.has(poll.k - 1)) this.answers.set(poll.k - 1, []);
    },
    again: () => {},
    abandoned: () => {},
  });

  async run(step: Step): Promise<void> {
    if (step.do === "ask") this.#ask(Math.max(1, (this.taken.at(-1) ?? 0) + 1 + step.by), step.waits);
    else if (step.do === "leave") this.asking[step.at % Math.max(1, this.asking.length)]?.gone.abort();
    else if (step.do === "answer") this.#answer();
    else if (step.do === "sweep") {
      this.now += step.ms;
      this.polls.sweep(this.now - 1_000);
    } else {
      this.over = true;
      if (step.do === "close") this.polls.close();
      else this.polls.end();
    }
    for (let turns = 0; turns < 8; turns++) await undefined;
    this.#check(step);
  }

  #answer(): void {
    const k = this.taken.at(-1);
    const texts = [`answer ${++this.asked}`];
    if (this.polls.hangs && k !== undefined) this.answers.set(k, texts);
    this.polls.answer({ texts, bytes: texts.join("").length });
  }

  #ask(k: number, waits: boolean): void {
    const asker: Asker = { k, gone: new AbortController(), told: undefined };
    this.asking.push(asker);
    this.polls.ask({ k, frames: [`${k}`], waits }, asker.gone.signal).then(
      (told) => {
        asker.told = told;
      },
      (error: unknown) => {
        if (!isChatError(error) || error.retryAfterMs === undefined) throw error;
        asker.told = "refused";
      },
    );
  }

  #check(step: Step): void {
    const last = this.taken.at(-1) ?? 0;
    for (const { k, told, gone } of this.asking) {
      if (told === undefined || told === "refused") continue;
      // 410 is for who has left, for what is older than the last answer, and for a session that is over
      if (told === null) expect([k, gone.signal.aborted || k < last || this.over]).toEqual([k, true]);
      else expect([k, told]).toEqual([k, this.answers.get(k)]);
    }
    this.asking = this.asking.filter(({ told }) => told === undefined);
    // only the one that hangs and those before their turn wait, so many at most
    const early = new Set(this.asking.filter(({ k }) => k > last).map(({ k }) => k));
    expect(early.size).toBeLessThanOrEqual(this.over ? 0 : EARLY_MAX);
    expect(early.has(last + 1)).toBe(false);
    for (const { k } of this.asking) expect(k).toBeGreaterThanOrEqual(last);
    expect(this.polls.awaited).toBe(this.asking.some(({ k }) => k === last));
    if (step.do === "answer" || step.do === "end") expect(this.polls.hangs).toBe(false);
    if (step.do === "end") expect(this.asking).toEqual([]);
    if (step.do === "sweep" && step.ms > 1_000) expect(early.size).toBe(0);
  }
}

describe("PollOrder, poll by poll", () => {
  it("I4, I11, I16: takes each once, in the order of `k`, and tells all who ask with one `k` the same, whatever order they come in", {
    timeout: 60_000,
  }, async () => {
    const step: fc.Arbitrary<Step> = fc.oneof(
      {
        weight: 8,
        arbitrary: fc.record({
          do: fc.constant("ask"),
          by: fc.constantFrom(0, 0, 0, 0, 1, 1, 2, 3, 4, 5, -1, -1, -2),
          waits: fc.boolean(),
        }),
      },
      { weight: 4, arbitrary: fc.constant<Step>({ do: "answer" }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constant("leave"), at: fc.nat(5) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant("sweep"), ms: fc.constantFrom(500, 1_500) }) },
    );
    const end = fc.constantFrom<Step>({ do: "end" }, { do: "close" }, { do: "answer" });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60, size: "max" }), end, async (steps, last) => {
        const world = new World();
        for (const each of steps) await world.run(each);
        await world.run(last);
        await world.run({ do: "ask", by: 1, waits: true });
        await world.run({ do: "ask", by: 0, waits: true });
        await world.run({ do: "end" });
      }),
      { numRuns: 100 },
    );
  });
});
