import type { GatewayFrame, SendFrame } from "@earshot/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HostQueue } from "../engine/host-queue.ts";
import { send, sendBlocked } from "../engine/send.ts";
import { Sequencer } from "../engine/sequencer.ts";
import { DEFAULT_PERMISSIONS } from "../options.ts";
import { memoryStore } from "../store/memory-message-store.ts";
import { silentLogger } from "../system/silent-logger.ts";
import { conversation } from "../testing/conformance/message-store/entries.ts";
import { hostOfTest } from "../testing/host-of-test.ts";
import { Lossy } from "../testing/lossy.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { SeededRandom } from "../testing/seeded-random.ts";
import { SendOrder } from "./send-order.ts";

const ALICE = { user: "alice", claims: null, origin: null };

/** One session's sends before a real sequencer and a store that can be made to fail. */
class Gateway {
  readonly clock = new ManualClock();
  readonly answers: GatewayFrame[] = [];
  readonly lossy = new Lossy({ clock: this.clock, random: new SeededRandom(1) });
  readonly plain = memoryStore();
  readonly hostQueue = new HostQueue();
  readonly order: SendOrder;
  /** What the rates say: 0 lets pass. */
  wait = 0;
  #fault: "failBefore" | "failAfter" = "failBefore";

  constructor() {
    const failing = {
      before: this.lossy.wrap(this.plain, { append: { failBefore: 1 } }),
      after: this.lossy.wrap(this.plain, { append: { failAfter: 1 } }),
    };
    const store = {
      append: (batch: Parameters<typeof this.plain.append>[0]) =>
        (this.#fault === "failBefore" ? failing.before : failing.after).append(batch),
      range: this.plain.range.bind(this.plain),
      settings: this.plain.settings.bind(this.plain),
    };
    const sequencer = new Sequencer({
      store,
      clock: this.clock,
      logger: silentLogger,
      limits: { batchEntriesMax: 3, sequencerEntriesMax: 100, rememberedMax: 10 },
      committed: () => {},
      found: () => {},
      refused: (order, wait) => this.hostQueue.refused(order, wait),
    });
    const house = {
      ...hostOfTest(this.plain, { clock: this.clock }),
      store: this.plain,
      sequencer,
      hostQueue: this.hostQueue,
      clock: this.clock,
      permissions: DEFAULT_PERMISSIONS,
      keyedHash: (text: string) => text,
    };
    this.order = new SendOrder({
      take: () => this.wait,
      send: (frame, order) => send(house, ALICE, frame, order),
      sendBlocked: (frame, retryAfterMs) => sendBlocked(house, ALICE, frame, retryAfterMs),
      answer: (frame) => this.answers.push(frame),
      answered: () => {},
    });
    this.lossy.on = false;
  }

  async open(): Promise<this> {
    await this.plain.open();
    for (const c of ["c1", "c2"]) await this.plain.create(conversation(c));
    return this;
  }

  /** The store fails from now on: without appending, or having appended. */
  fail(fault: "failBefore" | "failAfter"): void {
    this.#fault = fault;
    this.lossy.on = true;
  }

  heal(): void {
    this.lossy.on = false;
  }

  /** Ids of the messages in a conversation's log, in its order. */
  async log(c: string): Promise<readonly string[]> {
    const page = await this.plain.range({
      conversation: c,
      view: "log",
      after: 1,
      from: "oldest",
      rows: 1_000,
      bytes: 1e9,
    });
    return page?.rows.map((row) => row.id ?? "") ?? [];
  }

  codes(): readonly string[] {
    return this.answers.map((frame) => {
      if (frame.t === "sent") return `${frame.id} ${frame.dup === true ? "dup" : "sent"}`;
      return frame.t === "error" ? `${frame.id} ${frame.code}` : frame.t;
    });
  }
}

const message = (id: string, c = "c1"): SendFrame => ({ t: "send", id, c, type: "message", body: { text: id } });

describe("SendOrder", () => {
  it("I11: refuses what is behind a refused one until that is answered, and costs it nothing in rates", async () => {
    const gateway = await new Gateway().open();
    gateway.wait = 40;
    gateway.order.send(message("m1"));
    gateway.wait = 0;
    gateway.order.send(message("m2"));
    await gateway.clock.settle();
    expect(gateway.codes()).toEqual(["m1 rate_limited", "m2 blocked"]);
    expect(gateway.answers[1]).toMatchObject({ retry: 40 });
    for (const id of ["m1", "m2"]) gateway.order.send(message(id));
    await gateway.clock.settle();
    expect(gateway.codes().slice(2)).toEqual(["m1 sent", "m2 sent"]);
    expect(gateway.order).toMatchObject({ unanswered: 0, conversations: 0 });
  });

  it("keeps conversations apart", async () => {
    const gateway = await new Gateway().open();
    gateway.wait = 40;
    gateway.order.send(message("m1"));
    gateway.wait = 0;
    gateway.order.send(message("m2", "c2"));
    await gateway.clock.settle();
    expect(gateway.codes()).toEqual(["m1 rate_limited", "m2 sent"]);
    expect(gateway.order.conversations).toBe(1);
  });

  it("I4: answers one that is stored already although an earlier one blocks", async () => {
    const gateway = await new Gateway().open();
    gateway.order.send(message("m2"));
    await gateway.clock.settle();
    gateway.wait = 40;
    gateway.order.send(message("m1"));
    gateway.wait = 0;
    gateway.order.send(message("m2"));
    await gateway.clock.settle();
    expect(gateway.codes()).toEqual(["m2 sent", "m1 rate_limited", "m2 dup"]);
  });

  it("lets pass what is behind one that is given up, also while that is on its way", async () => {
    const gateway = await new Gateway().open();
    gateway.wait = 40;
    gateway.order.send(message("m1"));
    gateway.wait = 0;
    gateway.order.skip("m1");
    gateway.order.send(message("m2"));
    await gateway.clock.settle();
    expect(gateway.codes()).toEqual(["m1 rate_limited", "m2 sent"]);

    gateway.fail("failBefore");
    gateway.order.send(message("m3"));
    gateway.order.skip("m3");
    await gateway.clock.advance(5_000);
    gateway.heal();
    gateway.order.send(message("m4"));
    await gateway.clock.settle();
    expect(gateway.codes().slice(2)).toEqual(["m3 unavailable", "m4 sent"]);
  });

  it("I3: lets later ones pass one that is refused for good", async () => {
    const gateway = await new Gateway().open();
    gateway.order.send({ ...message("m1"), re: 1 });
    gateway.order.send(message("m2"));
    await gateway.clock.settle();
    expect(gateway.codes()).toEqual(["m1 not_found", "m2 sent"]);
    expect(await gateway.log("c1")).toEqual(["m2"]);
  });

  it("I11: keeps the order when a later one is over a rate and an earlier one then fails in the store", async () => {
    const gateway = await new Gateway().open();
    gateway.fail("failBefore");
    gateway.order.send(message("m1"));
    gateway.wait = 40;
    gateway.order.send(message("m2"));
    await gateway.clock.advance(5_000);
    expect(gateway.codes()).toEqual(["m2 rate_limited", "m1 unavailable"]);
    gateway.heal();
    gateway.wait = 0;
    for (const id of ["m1", "m2", "m3"]) gateway.order.send(message(id));
    await gateway.clock.settle();
    expect(await gateway.log("c1")).toEqual(["m1", "m2", "m3"]);
  });

  it("I11: is not blocked by a repeat that failed after another of the same id was answered", async () => {
    const gateway = await new Gateway().open();
    gateway.order.send(message("m1"));
    gateway.clock.finishTurn();
    gateway.fail("failBefore");
    gateway.order.send(message("m1"));
    await gateway.clock.advance(5_000);
    expect(gateway.codes()).toEqual(["m1 sent", "m1 unavailable"]);
    gateway.heal();
    gateway.order.send(message("m2"));
    await gateway.clock.settle();
    expect(gateway.codes().slice(2)).toEqual(["m2 sent"]);
  });
});

// ---- the same for any interleaving

interface Item {
  readonly frame: SendFrame;
  state: "on its way" | "refused" | "done";
  /** Answers that have not come. */
  open: number;
}

type Step =
  | { readonly do: "send"; readonly c: "c1" | "c2"; readonly bad: boolean }
  | { readonly do: "again"; readonly c: "c1" | "c2"; readonly count: number }
  | { readonly do: "skip"; readonly c: "c1" | "c2" }
  | { readonly do: "rate"; readonly wait: number }
  | { readonly do: "store"; readonly now: "failBefore" | "failAfter" | "well" }
  | { readonly do: "pass"; readonly ms: number };

/** A client that keeps to the protocol: what was refused goes again, in the old order, before anything newer. */
class Client {
  readonly items: Item[] = [];
  readonly #gateway: Gateway;
  #heard = 0;

  constructor(gateway: Gateway) {
    this.#gateway = gateway;
  }

  async step(step: Step): Promise<void> {
    const gateway = this.#gateway;
    switch (step.do) {
      case "send":
        // Nothing newer before what was refused.
        if (this.#refused(step.c) === undefined) this.#send(this.#make(step.c, step.bad));
        return;
      case "again":
        this.again(step.c, step.count);
        return;
      case "skip": {
        const refused = this.#refused(step.c);
        if (refused === undefined) return;
        refused.state = "done";
        gateway.order.skip(refused.frame.id);
        return;
      }
      case "rate":
        gateway.wait = step.wait;
        return;
      case "store":
        if (step.now === "well") gateway.heal();
        else gateway.fail(step.now);
        return;
      case "pass":
        await gateway.clock.advance(step.ms);
        this.hear();
    }
  }

  /** Sends again from the refused one on, as many as `count`, without leaving one out. */
  again(c: string, count: number): void {
    const refused = this.#refused(c);
    if (refused === undefined) return;
    const from = this.items.indexOf(refused);
    const open = this.items.slice(from).filter((item) => item.frame.c === c && item.state !== "done");
    for (const item of open.slice(0, count)) this.#send(item);
  }

  /** Takes the answers that have come. */
  hear(): void {
    for (const answer of this.#gateway.answers.slice(this.#heard)) {
      if (answer.t !== "sent" && answer.t !== "error") throw new Error(`unexpected ${answer.t}`);
      const item = this.items.find(({ frame }) => frame.id === answer.id);
      if (item === undefined) throw new Error("an answer to nothing");
      item.open--;
      if (item.state === "done") continue;
      if (answer.t === "error" && answer.retry !== undefined) {
        // Sent again meanwhile: that answer counts.
        if (item.open === 0) this.#goAgain(item);
      } else item.state = "done";
    }
    this.#heard = this.#gateway.answers.length;
  }

  #make(c: string, bad: boolean): Item {
    const frame = message(`m${this.items.length}`, c);
    const item: Item = { frame: bad ? { ...frame, type: "x-unknown" } : frame, state: "on its way", open: 0 };
    this.items.push(item);
    return item;
  }

  #send(item: Item): void {
    item.state = "on its way";
    item.open++;
    this.#gateway.order.send(item.frame);
  }

  /** From the refused one on: what is behind it has to go again too, whether or not that was told yet. */
  #goAgain(refused: Item): void {
    for (const item of this.items.slice(this.items.indexOf(refused))) {
      if (item.frame.c === refused.frame.c && item.state === "on its way") item.state = "refused";
    }
  }

  #refused(c: string): Item | undefined {
    return this.items.find((item) => item.frame.c === c && item.state === "refused");
  }
}

const conversationOf = fc.constantFrom("c1" as const, "c2" as const);
const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant("send" as const),
      c: conversationOf,
      bad: fc.nat(9).map((chance) => chance === 0),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("again" as const),
      c: conversationOf,
      count: fc.integer({ min: 1, max: 9 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("skip" as const), c: conversationOf }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("rate" as const), wait: fc.constantFrom(0, 25) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("store" as const),
      now: fc.constantFrom("failBefore" as const, "failAfter" as const, "well" as const),
    }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constant("pass" as const), ms: fc.constantFrom(0, 50, 250, 1_500) }) },
);

describe("SendOrder, in any interleaving of sends, refusals, retries and skips", () => {
  it("I11, I4: appends in the order sent, each once, and answers each send exactly once", {
    timeout: 60_000,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(steps, { maxLength: 60, size: "max" }), async (given) => {
        const gateway = await new Gateway().open();
        const client = new Client(gateway);
        for (const step of given) await client.step(step);

        gateway.heal();
        gateway.wait = 0;
        for (let round = 0; round < 50 && client.items.some((item) => item.state !== "done"); round++) {
          await gateway.clock.advance(2_000);
          client.hear();
          for (const c of ["c1", "c2"]) client.again(c, 100);
        }
        await gateway.clock.advance(2_000);
        client.hear();

        expect(client.items.map((item) => item.state)).toEqual(client.items.map(() => "done"));
        expect(client.items.map((item) => item.open)).toEqual(client.items.map(() => 0));
        expect(gateway.order).toMatchObject({ unanswered: 0, conversations: 0 });
        for (const c of ["c1", "c2"]) {
          const log = await gateway.log(c);
          const sent = client.items.map(({ frame }) => frame.id).filter((id) => log.includes(id));
          expect(log).toEqual(sent);
        }
        for (const answer of gateway.answers) {
          if (answer.t === "sent") expect((await gateway.log(answer.c))[answer.seq - 2]).toBe(answer.id);
        }
      }),
      { numRuns: 500 },
    );
  });
});
