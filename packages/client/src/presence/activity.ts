import type { ActiveFrame, ClientFrame } from "@earshot/protocol";
import { Alarm } from "../alarm.ts";
import type { Clock } from "../ports/clock.ts";
import type { NetworkChange } from "../ports/network-status.ts";

/** How long a page is hidden before its device counts as idle, in ms. */
const IDLE_AFTER_HIDDEN_MS = 60_000;

type State = ActiveFrame["state"];

/** What activity needs of its neighbours. */
export interface ActivityHost {
  readonly clock: Clock;
  readonly gateway: { readonly open: boolean };
  tell(frame: ClientFrame): void;
}

/** Whether this device is in use: as the platform sees it, unless the application says so itself. */
export class Activity {
  readonly #host: ActivityHost;
  readonly #hidden: Alarm;
  #seen: State = "active";
  #chosen: State | null = null;
  /** What this session was told; each begins with `active`. */
  #told: State = "active";

  constructor(host: ActivityHost) {
    this.#host = host;
    this.#hidden = new Alarm(host.clock);
  }

  choose(state: State | "auto"): void {
    this.#chosen = state === "auto" ? null : state;
    this.#tell();
  }

  /** The platform has noticed something. */
  noticed(change: NetworkChange): void {
    if (change === "hidden") {
      if (!this.#hidden.isSet) this.#hidden.set(IDLE_AFTER_HIDDEN_MS, () => this.#see("idle"));
    } else if (change === "wake") {
      this.#hidden.cancel();
      this.#see("active");
    }
  }

  welcomed(): void {
    this.#told = "active";
    this.#tell();
  }

  stop(): void {
    this.#hidden.cancel();
  }

  #see(state: State): void {
    this.#seen = state;
    this.#tell();
  }

  #tell(): void {
    const state = this.#chosen ?? this.#seen;
    if (state === this.#told || !this.#host.gateway.open) return;
    this.#told = state;
    this.#host.tell({ t: "active", state });
  }
}
