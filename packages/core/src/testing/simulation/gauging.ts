import { houseOf } from "../../chat-engine.ts";
import { DEFAULT_LIMITS, type EngineLimits } from "../../options.ts";
import type { WriteLine } from "./fault-counts.ts";
import type { GatewayLife } from "./gateway-life.ts";
import { SIMULATED_LIMITS } from "./simulated-limits.ts";
import type { SimulatedTime } from "./time.ts";

/** What one frame may add before its session is looked at. */
const FRAME_BYTES = 65_536;

/** Looks at sizes that have bounds: tells what is over one at once, and of the rest the highest it has been. */
export class Gauging {
  readonly #time: SimulatedTime;
  readonly #write: WriteLine;
  readonly #peaks = new Map<string, { life: string; value: number; max: number }>();

  constructor({ time, write }: { readonly time: SimulatedTime; readonly write: WriteLine }) {
    this.#time = time;
    this.#write = write;
  }

  /** How it is now. */
  look(life: GatewayLife): void {
    for (const [name, value, max] of bounded(life)) this.#note(life, name, value, max);
  }

  writePeaks(): void {
    for (const [name, { life, value, max }] of this.#peaks) this.#line(life, name, value, max);
    this.#peaks.clear();
  }

  #note(life: GatewayLife, name: string, value: number, max: number): void {
    const peak = this.#peaks.get(name);
    if (peak !== undefined && value * peak.max <= peak.value * max) return;
    this.#peaks.set(name, { life: life.name, value, max });
    if (value > max) this.#line(life.name, name, value, max);
  }

  #line(p: string, name: string, value: number, max: number): void {
    this.#write({ t: this.#time.now, p, ev: "gauge", name, value, max });
  }
}

const LIMITS: EngineLimits = { ...DEFAULT_LIMITS, ...SIMULATED_LIMITS };

function bounded(life: GatewayLife): readonly (readonly [name: string, value: number, max: number])[] {
  const { sessions, outboxBytes, subscriptions, watermarks, polls } = houseOf(life.chat).gauges();
  return [
    ["outbox bytes", outboxBytes, Math.max(1, sessions) * (LIMITS.outboxBytesMax + FRAME_BYTES)],
    ["subscriptions", subscriptions, Math.max(1, sessions) * LIMITS.subscriptionsMax],
    ["watermarks", watermarks, LIMITS.watermarksHeldMax],
    ["polls", polls, LIMITS.connectionsMax + LIMITS.closedPollsMax],
  ];
}
