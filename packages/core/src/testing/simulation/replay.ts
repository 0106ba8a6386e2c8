import type { PeerRequest } from "../../ports/authenticate.ts";
import type { SeededRandom } from "../seeded-random.ts";
import type { GatewayLife } from "./gateway-life.ts";
import { Line } from "./line.ts";
import type { SimulatedTime } from "./time.ts";

/** Texts kept of one session. */
const TEXTS_MAX = 200;
/** Within how many ms it is all said again. */
const SAYS_MS = 500;
/** How long who says it all again stays, in ms. */
const STAYS_MS = 2_000;
/** ms that a piece of it takes. */
const LATENCY_MS = 3;

/** What a device has said on the connection before the last one, as somebody on the way could have kept it. */
export class Recording {
  #line: Line | null = null;
  #current: string[] = [];
  #old: readonly string[] = [];

  /** Of a session that is over. */
  get old(): readonly string[] {
    return this.#old;
  }

  add(line: Line, texts: readonly string[]): void {
    if (line !== this.#line) {
      if (this.#current.length > 0) this.#old = this.#current;
      this.#line = line;
      this.#current = [];
    }
    if (this.#current.length < TEXTS_MAX) this.#current.push(...texts);
  }
}

export interface ReplaySurroundings {
  readonly time: SimulatedTime;
  readonly random: SeededRandom;
  readonly request: PeerRequest;
  readonly life: GatewayLife;
}

/** Says the texts again, in their order, on a connection of its own, deaf to what is answered. */
export function replay({ time, random, request, life }: ReplaySurroundings, texts: readonly string[]): void {
  const line: Line = new Line({
    ...{ time, request, life, device: null, filter: null },
    path: { latency: () => LATENCY_MS, state: () => "open", heldFor: () => 0 },
    client: {
      onOpen: () => {
        const moments = texts.map(() => random.below(SAYS_MS)).sort((a, b) => a - b);
        for (const [index, text] of texts.entries()) time.after(moments[index] ?? 0, () => line.write(text));
        time.after(STAYS_MS, () => line.cut(true));
      },
      onText: () => {},
      onClose: () => {},
    },
    over: () => {},
  });
  line.begin();
}
