import type { MessageId } from "@earshot/protocol";
import type { ChatEngine } from "../../chat-engine.ts";
import { refuse } from "../../host/refuse.ts";
import type { SeededRandom } from "../seeded-random.ts";
import { STAMP } from "./content-hash.ts";
import type { NodeClock } from "./node-clock.ts";
import type { SimulatedTime } from "./time.ts";
import { Trouble } from "./trouble.ts";

/** Longest wait of the hook, in ms: beyond what the engine gives it. */
const WAITS_UP_TO_MS = 4_000;

/** Of so many messages one gets a stamp, always the same: a repeat has to be answered with it, on whatever gateway. */
const STAMPED_OF = 3;

/** What hosts of one run have refused or broken over: a repeat that passed later, or elsewhere, would stand behind later ones. */
const REFUSED = new WeakMap<SimulatedTime, Set<MessageId>>();

/**
 * A host's hook before sends that puts something into some messages, and for a while waits, refuses, or throws what
 * no hook should.
 */
export class TroublesomeHook {
  readonly #random: SeededRandom;
  readonly #trouble: Trouble;
  readonly #refused: Set<MessageId>;

  constructor(time: SimulatedTime, random: SeededRandom) {
    this.#random = random;
    this.#refused = REFUSED.get(time) ?? new Set();
    REFUSED.set(time, this.#refused);
    this.#trouble = new Trouble(time);
  }

  makeTrouble(ms: number, fired: () => void): void {
    this.#trouble.begin(ms, null, fired);
  }

  heal(): void {
    this.#trouble.end();
  }

  addTo(chat: ChatEngine, clock: NodeClock): void {
    chat.before("send", ({ id, body }) =>
      id.charCodeAt(id.length - 1) % STAMPED_OF === 0 ? { body: { ...body, [STAMP]: "seen" } } : undefined,
    );
    chat.before("send", ({ id }) => {
      if (this.#refused.has(id)) throw refuse("forbidden", "trouble");
      if (!this.#trouble.on) return undefined;
      const luck = this.#random.float();
      if (luck >= 0.5) return undefined;
      this.#trouble.strike();
      if (luck < 0.25) this.#refused.add(id);
      if (luck < 0.15) throw refuse("forbidden", "trouble");
      if (luck < 0.25) throw new Error("the hook is broken");
      const ms = this.#random.below(WAITS_UP_TO_MS);
      return new Promise<undefined>((resolve) => void clock.after(ms, () => resolve(undefined)));
    });
  }
}
