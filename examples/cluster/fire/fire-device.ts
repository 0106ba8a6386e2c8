import { simulatedClient } from "@earshot/client/testing";
import { systemClock } from "@earshot/core";
import { ConnectionLines, DeviceHistory, DeviceMemory, type HistoryLine, SeededRandom } from "@earshot/core/testing";
import { BALANCER, balancedFetch, balancedTransport, type ConnectionNotes } from "./balanced.ts";
import type { Route } from "./route.ts";

export interface FireDeviceHost {
  /** `u1.2`: the second device of u1. */
  readonly name: string;
  readonly user: string;
  readonly seed: number;
  readonly route: Route;
  now(): number;
  write(line: HistoryLine): void;
  /** One of its sends was acknowledged. */
  onAcknowledged(): void;
}

/** A real client on real sockets, every step of which is written down for the history checker. */
export class FireDevice {
  readonly name: string;
  readonly user: string;
  readonly conversations: string[] = [];
  readonly #host: FireDeviceHost;
  readonly #history: DeviceHistory;
  readonly #client: ReturnType<typeof simulatedClient.client>;
  #connections = 0;
  #written = 0;

  constructor(host: FireDeviceHost) {
    const { name, user, route } = host;
    this.name = name;
    this.user = user;
    this.#host = host;
    this.#history = new DeviceHistory({
      ...{ dev: name, user, p: `${name}#1`, memory: new DeviceMemory(), storage: false },
      write: (line) => host.write(line),
      now: () => host.now(),
      over: () => false,
      onSent: () => {},
    });
    this.#history.tell({ ev: "start" });
    this.#client = simulatedClient.client({
      ...{ url: `${BALANCER}/chat`, user, clock: systemClock, random: new SeededRandom(host.seed) },
      ...{ disk: null, diskMs: () => 0, observer: this.#history },
      transport: balancedTransport(route, () => this.#notes()),
      transports: ["websocket"],
      fetch: balancedFetch(route),
      network: { subscribe: () => () => {} },
    });
    this.#client.connect();
  }

  /** Sends that have no answer yet. */
  get pending(): number {
    return this.#history.pending;
  }

  get online(): boolean {
    return this.#client.online;
  }

  /** The last seq that its window of a conversation has; 0: none. */
  cursor(c: string): number {
    return this.#client.shown(c)?.cursor ?? 0;
  }

  /** What it still waits for, in words; null: nothing. `heads`: how far each conversation goes, as anybody knows. */
  restless(heads: ReadonlyMap<string, number>): string | null {
    if (!this.online) return `${this.name} is not connected`;
    if (this.pending > 0) return `${this.name} waits for answers to ${this.pending} sends`;
    const isBehind = (c: string): boolean =>
      this.#client.shown(c)?.status !== "live" || this.cursor(c) < (heads.get(c) ?? 0);
    const behind = this.conversations.find(isBehind);
    return behind === undefined ? null : `${this.name} is behind in ${behind}`;
  }

  /** Looks at it, from now on. */
  open(c: string): void {
    this.conversations.push(c);
    this.#client.open(c);
  }

  send(c: string): void {
    const body = { text: `${c}/${this.name}/${++this.#written}` };
    const own: { send: ReturnType<DeviceHistory["sent"]> | null } = { send: null };
    const id = this.#client.send({ c, type: "message", body }, (outcome) => {
      if (own.send === null) return;
      this.#history.settled(own.send, outcome);
      if ("seq" in outcome) this.#host.onAcknowledged();
    });
    own.send = this.#history.sent(c, id, "message", undefined, body);
  }

  /** Its windows, as they stand. */
  tellShown(): void {
    for (const conv of this.conversations) {
      const shown = this.#client.shown(conv);
      if (shown) this.#host.write({ t: this.#host.now(), p: "sim", ev: "shown", dev: this.name, conv, ...shown });
    }
  }

  async stop(): Promise<void> {
    await this.#client.close();
  }

  #notes(): ConnectionNotes {
    const { now, write, name, user } = this.#host;
    const time = {
      get now() {
        return now();
      },
    };
    const lines = new ConnectionLines({ time, write, device: { name, user }, p: `${name}#1` }, ++this.#connections);
    return {
      opened: ({ life }) => lines.opened(life),
      heard: (text) => {
        this.#history.again = text.startsWith('{"t":"again"');
        lines.heard(text);
      },
      closed: (code, side) => lines.closed(code, side),
    };
  }
}
