import { parseJson } from "@earshot/protocol";
import type { Bus, Envelope, Publication, Subscription, Topic } from "../../ports/bus.ts";
import type { SeededRandom } from "../seeded-random.ts";
import { never, notOpen, type PortUser, unreachable } from "./port-user.ts";
import type { SimulatedPortSurroundings } from "./simulated-store.ts";
import type { SimulatedTime } from "./time.ts";
import { Trouble } from "./trouble.ts";

type Listener = (envelope: Envelope) => void;

/** Longest time from a bus's return to its word that something was missed. */
const TOLD_WITHIN_MS = 50;
/** How long a link that is half open, and that nobody notices, stays so when all else is well, in ms: longer than devices may lack anything. */
const STILL_DEAF_MS = 40_000;

/** How a bus is unreliable: chances of what befalls an envelope, and how late one may be. */
export interface Unreliable {
  readonly drop: number;
  readonly double: number;
  readonly delayMs: number;
}

/** A bus that carries envelopes as JSON text, each end by a link of its own to the one broker. */
export class SimulatedBus {
  readonly #time: SimulatedTime;
  readonly #random: SeededRandom;
  readonly #ends = new Set<BusEnd>();
  readonly #down: Trouble<"rejects" | "swallows">;
  readonly #unreliable: Trouble<Unreliable>;
  readonly #partitions = new Map<string, Trouble>();
  /** Whether its link breaks in the end. */
  readonly #deaf = new Map<string, Trouble<boolean>>();

  constructor({ time, random }: SimulatedPortSurroundings) {
    this.#time = time;
    this.#random = random;
    this.#down = new Trouble(time);
    this.#unreliable = new Trouble(time);
  }

  /** A gateway's end. */
  client(user: PortUser): Bus {
    return new BusEnd(this, user);
  }

  // ---- what goes wrong

  /** Nothing is carried for `ms`, and what is on its way is lost; afterwards every end is told. */
  down(ms: number, fired: () => void): void {
    this.#down.begin(ms, this.#random.float() < 0.7 ? "rejects" : "swallows", fired);
    for (const end of this.#ends) end.era++;
    this.#time.after(ms, () => {
      if (!this.#down.on) this.#back();
    });
  }

  /** A gateway loses its link, and what is on its way to it, and is told. Whether it has one. */
  interrupt(node: string): boolean {
    const ends = this.#of(node);
    for (const end of ends) this.#interrupt(end);
    return ends.length > 0;
  }

  /** Nothing reaches a gateway for `ms`, which is not told. */
  deafen(node: string, ms: number, fired: () => void): void {
    const trouble = this.#deaf.get(node) ?? new Trouble<boolean>(this.#time);
    this.#deaf.set(node, trouble);
    // A link that was half open breaks in the end, or it never does, and nobody ever knows.
    const isTold = this.#random.float() < 0.5;
    trouble.begin(ms, isTold, fired);
    this.#time.after(ms, () => {
      if (isTold && !trouble.on) this.interrupt(node);
    });
  }

  /** Envelopes are lost, doubled, and overtake each other. */
  unreliable(ms: number, how: Unreliable, fired: () => void): void {
    this.#unreliable.begin(ms, how, fired);
  }

  /** Two gateways do not hear each other. */
  partition(a: string, b: string, ms: number, fired: () => void): void {
    const name = pair(a, b);
    const trouble = this.#partitions.get(name) ?? new Trouble(this.#time);
    this.#partitions.set(name, trouble);
    trouble.begin(ms, null, fired);
  }

  /** But for a link of which nobody knows that it is half open: whoever has it is to do without for a while (I26). */
  heal(): void {
    const wasDown = this.#down.on;
    for (const trouble of [this.#down, this.#unreliable, ...this.#partitions.values()]) trouble.end();
    for (const [node, trouble] of this.#deaf) {
      if (trouble.detail === false) {
        trouble.begin(STILL_DEAF_MS, false, () => {});
        continue;
      }
      if (trouble.on) this.interrupt(node);
      trouble.end();
    }
    if (wasDown) this.#back();
  }

  #back(): void {
    for (const end of this.#ends) this.#interrupt(end);
  }

  #interrupt(end: BusEnd): void {
    end.era++;
    this.#time.after(this.#random.below(TOLD_WITHIN_MS), () => end.interrupted(), end.user.clock);
  }

  #of(node: string): readonly BusEnd[] {
    return [...this.#ends].filter(({ user }) => user.node === node && !user.clock.dead);
  }

  // ---- for the ends

  join(end: BusEnd): void {
    // Ends of the dead have gone with them.
    for (const other of this.#ends) if (other.user.clock.dead) this.#ends.delete(other);
    this.#ends.add(end);
  }

  leave(end: BusEnd): void {
    this.#ends.delete(end);
  }

  /** Runs it after the way to the broker and back, or when the broker is there again. */
  confirm(end: BusEnd, run: () => void): void {
    const wait = (): void => {
      if (this.#down.on) this.#time.after(this.#down.until - this.#time.now + 1, wait, end.user.clock);
      else run();
    };
    this.#time.after(this.#random.below(3), wait, end.user.clock);
  }

  carry(from: BusEnd, batch: readonly Publication[]): void {
    if (this.#down.on && this.#down.strike()) {
      if (this.#down.detail === "rejects") throw unreachable("publish", "the bus is down");
      return;
    }
    const texts = batch.map(({ topics, envelope }) => ({ topics, text: JSON.stringify(envelope) }));
    for (const end of this.#ends) {
      if (end === from || end.user.clock.dead) continue;
      const heard: Heard[] = [];
      for (const { topics, text } of texts) {
        const listened = topics.filter((topic) => end.listensTo(topic));
        if (listened.length > 0) heard.push({ topics: listened, text });
      }
      if (heard.length > 0) this.#send(from, end, heard);
    }
  }

  #send(from: BusEnd, to: BusEnd, heard: readonly Heard[]): void {
    const cut = this.#partitions.get(pair(from.user.node, to.user.node));
    if (cut?.on && cut.strike()) return;
    const deaf = this.#deaf.get(to.user.node);
    if (deaf?.on && deaf.strike()) return;
    const how = this.#unreliable.detail;
    if (how === null) {
      this.#arrive(to, heard, this.#way());
      return;
    }
    this.#unreliable.strike();
    for (const one of heard) {
      if (this.#random.float() < how.drop) continue;
      const copies = this.#random.float() < how.double ? 2 : 1;
      for (let copy = 0; copy < copies; copy++) this.#arrive(to, [one], this.#random.below(how.delayMs + 1));
    }
  }

  #arrive(to: BusEnd, heard: readonly Heard[], inMs: number): void {
    const { era } = to;
    this.#time.after(
      inMs,
      () => {
        if (era === to.era) for (const { topics, text } of heard) to.hear(topics, text);
      },
      to.user.clock,
    );
  }

  /** Mostly 0–2 ms; rarely long, so that what comes later overtakes it. */
  #way(): number {
    const luck = this.#random.float();
    return luck < 0.99 ? Math.floor(luck * 3) : this.#random.below(200);
  }
}

interface Heard {
  readonly topics: readonly Topic[];
  readonly text: string;
}

const ARRIVED = Promise.resolve();

class BusEnd implements Bus {
  readonly user: PortUser;
  readonly #hub: SimulatedBus;
  readonly #topics = new Map<Topic, Set<Listener>>();
  readonly #listeners = new Set<() => void>();
  #state: "new" | "open" | "closed" = "new";
  /** Rises with each interruption: what set out before it is lost. */
  era = 0;

  constructor(hub: SimulatedBus, user: PortUser) {
    this.#hub = hub;
    this.user = user;
  }

  open(): Promise<void> {
    return new Promise((resolve) => {
      this.#hub.confirm(this, () => {
        this.#state = "open";
        this.#hub.join(this);
        resolve();
      });
    });
  }

  async close(): Promise<void> {
    this.#state = "closed";
    this.#hub.leave(this);
    this.#topics.clear();
    this.#listeners.clear();
  }

  async ping(): Promise<void> {
    if (this.#state !== "open") throw notOpen("bus");
  }

  publish(batch: readonly Publication[]): Promise<void> {
    if (this.#state !== "open") return Promise.reject(notOpen("bus"));
    if (this.user.clock.dead || this.user.crashesAt("before publish")) return never();
    try {
      this.#hub.carry(this, batch);
    } catch (error) {
      return Promise.reject(error);
    }
    return this.user.crashesAt("after publish") ? never() : ARRIVED;
  }

  subscribe(topic: Topic, on: Listener): Subscription {
    if (this.#state !== "open") {
      const ready = Promise.reject(notOpen("bus"));
      // Whoever waits for it still gets the rejection; whoever does not must not end the process.
      ready.catch(() => {});
      return { ready, cancel: () => {} };
    }
    // A function of its own, so that the same listener may subscribe twice and cancel once.
    const listener: Listener = (envelope) => on(envelope);
    let cancelled = false;
    const ready = new Promise<void>((resolve) => {
      this.#hub.confirm(this, () => {
        if (!cancelled) this.#listen(topic, listener);
        resolve();
      });
    });
    return {
      ready,
      cancel: () => {
        cancelled = true;
        const listeners = this.#topics.get(topic);
        if (listeners?.delete(listener) && listeners.size === 0) this.#topics.delete(topic);
      },
    };
  }

  onInterruption(listener: () => void): () => void {
    const own = (): void => listener();
    this.#listeners.add(own);
    return () => {
      this.#listeners.delete(own);
    };
  }

  listensTo(topic: Topic): boolean {
    return this.#topics.has(topic);
  }

  interrupted(): void {
    for (const listener of [...this.#listeners]) listener();
  }

  hear(topics: readonly Topic[], text: string): void {
    // A copy of this process's own, as it would have it from a socket.
    const envelope = parseJson(text) as Envelope;
    for (const topic of topics) for (const listener of [...(this.#topics.get(topic) ?? [])]) listener(envelope);
  }

  #listen(topic: Topic, listener: Listener): void {
    const listeners = this.#topics.get(topic) ?? new Set();
    this.#topics.set(topic, listeners.add(listener));
  }
}

function pair(a: string, b: string): string {
  return a < b ? `${a} ${b}` : `${b} ${a}`;
}
