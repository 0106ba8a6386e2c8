import type { ActiveFrame, ConversationId } from "@earshot/protocol";
import type { InProcessTransport } from "../in-process-transport.ts";
import type { SeededRandom } from "../seeded-random.ts";
import { DeviceHistory, type DeviceMemory } from "./device-history.ts";
import type { HistoryLine } from "./history-line.ts";
import type { NodeClock } from "./node-clock.ts";
import type { PlannedDevice } from "./plan.ts";
import type { SimulatedClient, SimulatedClientFactory, SimulatedDisk, SimulatedSend } from "./simulated-client.ts";

/** Longest time that a call of the storage takes, in ms. */
const DISK_MS_MAX = 8;
/** Keys that a user who types presses, and the time between two, in ms: far more often than others are told. */
const KEYS = 10;
const KEYS_APART_MS = 300;

/** The way by which one life of a device reaches gateways. */
export interface DeviceWay {
  readonly url: string;
  readonly transport: InProcessTransport;
  readonly fetch: typeof fetch;
}

export interface DeviceLifeHost {
  readonly device: PlannedDevice;
  /** Names the life: `ann.1#2`. */
  readonly p: string;
  readonly clock: NodeClock;
  readonly random: SeededRandom;
  readonly way: DeviceWay;
  readonly clients: SimulatedClientFactory;
  /** null: nothing outlives it. */
  readonly disk: SimulatedDisk | null;
  readonly memory: DeviceMemory;
  write(line: HistoryLine): void;
  /** An own send is being answered. */
  onSent(): void;
}

/** One run of a device's application, over a real client. */
export class DeviceLife {
  readonly clock: NodeClock;
  readonly client: SimulatedClient;
  readonly #history: DeviceHistory;
  readonly #wakes = new Set<() => void>();

  constructor(host: DeviceLifeHost) {
    const { device, clock, random, way, clients, disk } = host;
    this.clock = clock;
    this.#history = new DeviceHistory({
      ...{ dev: device.name, user: device.user, p: host.p, memory: host.memory, storage: device.storage },
      write: (line) => host.write(line),
      now: () => clock.monotonic(),
      over: () => clock.dead,
      onSent: () => host.onSent(),
    });
    this.#history.tell({ ev: "start" });
    this.client = clients.client({
      ...{ url: way.url, user: device.user, clock, random, disk, observer: this.#history },
      transport: this.#noticing(way.transport),
      transports: [device.transport],
      fetch: way.fetch,
      network: { subscribe: (listener) => this.#onWake(listener) },
      diskMs: () => random.below(DISK_MS_MAX),
    });
    this.client.connect();
  }

  /** Sends of this life that have no outcome yet. */
  get pending(): number {
    return this.#history.pending;
  }

  send(send: SimulatedSend): void {
    const own = { current: null as ReturnType<DeviceHistory["sent"]> | null };
    const id = this.client.send(send, (outcome) => own.current && this.#history.settled(own.current, outcome));
    const body = send.type === "react" ? { key: send.key, on: true } : send.type === "delete" ? undefined : send.body;
    own.current = this.#history.sent(send.c, id, send.type, send.re, body);
  }

  read(c: ConversationId): void {
    const seq = this.client.markRead(c);
    if (seq > 0) this.#history.tell({ ev: "read", conv: c, seq });
  }

  type(c: ConversationId, keys = KEYS): void {
    this.client.press(c);
    this.#history.tell({ ev: "typing", conv: c });
    if (keys > 1) this.clock.after(KEYS_APART_MS, () => this.type(c, keys - 1));
  }

  activity(state: "active" | "idle" | "invisible"): void {
    this.client.activity(state);
    this.#history.tell({ ev: "activity", state });
  }

  /** What others are to see of it. */
  show(state: ActiveFrame["state"]): void {
    this.#history.tell({ ev: "activity", state });
    this.client.activity(state);
  }

  /** Its machine comes back from sleep. */
  wake(): void {
    this.clock.goOn();
    for (const wake of this.#wakes) wake();
  }

  /** It is dead, from within whatever it does just now. */
  crash(): void {
    this.#history.end("crash");
    this.clock.kill();
  }

  async stop(): Promise<void> {
    await this.client.close();
    this.#history.end("stop");
  }

  #onWake(listener: (change: "wake") => void): () => void {
    const wake = (): void => listener("wake");
    this.#wakes.add(wake);
    return () => this.#wakes.delete(wake);
  }

  /** Tells the history what comes in a frame that holds another. */
  #noticing(transport: InProcessTransport): InProcessTransport {
    return (url, listener) =>
      transport(url, {
        onOpen: () => listener.onOpen(),
        onText: (text) => {
          this.#history.again = text.startsWith('{"t":"again"');
          listener.onText(text);
          this.#history.again = false;
        },
        onClose: (code) => listener.onClose(code),
      });
  }
}
