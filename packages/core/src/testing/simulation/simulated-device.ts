import type { Body, ConversationId, UserId } from "@earshot/protocol";
import type { SeededRandom } from "../seeded-random.ts";
import type { DeviceFault } from "./device-fault.ts";
import { DeviceMemory, type SeenMessage } from "./device-history.ts";
import { DeviceLife, type DeviceWay } from "./device-life.ts";
import type { HistoryLine } from "./history-line.ts";
import type { NodeClock } from "./node-clock.ts";
import type { Operation, PlannedDevice } from "./plan.ts";
import type { ShownWindow, SimulatedClientFactory, SimulatedDisk } from "./simulated-client.ts";

export interface DeviceHost {
  readonly device: PlannedDevice;
  readonly random: SeededRandom;
  readonly clients: SimulatedClientFactory;
  /** A new process. */
  process(): NodeClock;
  /** Its way to the gateways; of a life that is over nothing travels any more. */
  way(clock: NodeClock, p: string): DeviceWay;
  /** `ms` from now, whatever becomes of the device. */
  after(ms: number, run: () => void): void;
  write(line: HistoryLine): void;
  /** What the user writes; `text` is its own. */
  body(text: string): Body;
}

type DeviceOperation = Extract<Operation, { readonly device: number }>;

/** A device over all its lives: what its user does with it, and what befalls it. */
export class SimulatedDevice {
  readonly #host: DeviceHost;
  readonly #disk: SimulatedDisk | null;
  readonly #memory = new DeviceMemory();
  /** Conversations that its user looks at, whichever life shows them. */
  readonly #looked = new Set<ConversationId>();
  /** Whom its user keeps an eye on, and by which conversation. */
  readonly #watched = new Map<UserId, ConversationId>();
  #life: DeviceLife | null = null;
  #lives = 0;
  #healed = false;
  /** The last life whose disk has failed: it goes on in memory, and takes nothing from the disk any more. */
  #unkept = 0;
  #written = 0;
  /** Called when the next own send is answered. */
  #beforeAnswer: (() => void) | null = null;

  constructor(host: DeviceHost) {
    this.#host = host;
    this.#disk = host.device.storage ? host.clients.disk() : null;
  }

  get name(): string {
    return this.#host.device.name;
  }

  get user(): string {
    return this.#host.device.user;
  }

  /** The application that runs on it; null: none does. */
  get life(): DeviceLife | null {
    return this.#life;
  }

  get looked(): ReadonlySet<ConversationId> {
    return this.#looked;
  }

  /** What it still waits for, in words; null: it is connected, all that its user has sent is answered, all they look at is live. */
  get restless(): string | null {
    const life = this.#life;
    if (life === null) return `${this.name} does not run`;
    if (!life.client.online) return `${this.name} is not connected`;
    if (life.pending > 0) return `${this.name} waits for answers to ${life.pending} sends`;
    const stored = this.#unkept === this.#lives ? 0 : (this.#disk?.sends ?? 0);
    if (stored > 0) return `${this.name} has stored ${stored} sends`;
    const behind = [...this.#looked].find((c) => isBehind(life.client.shown(c)));
    return behind === undefined ? null : `${this.name} is behind in ${behind}`;
  }

  start(): void {
    if (this.#life !== null) return;
    const { device, random, clients, process, way, write } = this.#host;
    const p = `${device.name}#${++this.#lives}`;
    if (this.#disk?.failing) this.#unkept = this.#lives;
    const clock = process();
    this.#life = new DeviceLife({
      ...{ device, p, clock, random, clients, write, disk: this.#disk, memory: this.#memory },
      way: way(clock, p),
      onSent: () => {
        const before = this.#beforeAnswer;
        this.#beforeAnswer = null;
        before?.();
      },
    });
    for (const c of this.#looked) this.#life.client.open(c);
    for (const [user, c] of this.#watched) this.#life.client.watch(c, user);
  }

  /** Is in use again; `writes`: and its user writes something wherever they look. */
  greet(writes: boolean): void {
    this.#life?.activity("active");
    if (!writes) return;
    for (const c of this.#looked) this.#life?.send({ c, type: "message", body: this.#body(c) });
  }

  /** Ends without a word, for good. */
  crash(): void {
    this.#life?.crash();
    this.#life = null;
  }

  async stop(): Promise<void> {
    const life = this.#life;
    this.#life = null;
    await life?.stop();
  }

  /** Faults have ended: it runs, its disk works, and what was to come does not come any more. */
  heal(): void {
    this.#healed = true;
    this.#beforeAnswer = null;
    if (this.#disk !== null) {
      this.#disk.failing = false;
      this.#disk.beforeWrite = null;
    }
    if (this.#life?.clock.stalled) this.#life.wake();
    this.readmit();
    this.start();
  }

  /** Who was thrown out may come in again. */
  readmit(): void {
    if (this.#life?.client.stopped) this.#life.client.connect();
  }

  /** Does what its user does; nothing while it does not run. */
  do(operation: DeviceOperation): void {
    const life = this.#life;
    if (operation.op === "open" || operation.op === "shut") this.#look(operation.op, operation.conv);
    if (life === null || life.clock.stalled) return;
    switch (operation.op) {
      case "send":
        for (let sent = 0; sent < operation.count; sent++) {
          life.send({ c: operation.conv, type: "message", body: this.#body(operation.conv) });
        }
        break;
      case "edit":
      case "delete":
      case "react":
        this.#change(life, operation);
        break;
      case "read":
        life.read(operation.conv);
        break;
      case "type":
        life.type(operation.conv);
        break;
      case "watch":
        this.#watched.set(operation.user, operation.conv);
        life.client.watch(operation.conv, operation.user);
        break;
      case "invisible":
      case "idle":
      case "active":
        life.activity(operation.op);
    }
  }

  /** `fired`: it has really happened. */
  befall(fault: DeviceFault, fired: (target: string) => void): void {
    const life = this.#life;
    const disk = this.#disk;
    const happens = (): void => fired(this.name);
    if (fault.kind === "wipe storage" || fault.kind === "fail storage") {
      if (disk === null) return;
      if (fault.kind === "wipe storage") disk.wipe();
      else this.#failDisk(disk, fault.ms);
      happens();
    } else if (life === null) {
      return;
    } else if (fault.kind === "sleep device") {
      life.clock.stall(fault.ms + 1);
      this.#host.after(fault.ms, () => life.clock.stalled && life.wake());
      happens();
    } else {
      const crash = (): void => {
        if (this.#life !== life) return;
        happens();
        this.#crash(life, fault.downMs);
      };
      if (fault.point === "before answer") this.#beforeAnswer = crash;
      else if (fault.point === "before save" && disk !== null) disk.beforeWrite = crash;
      else crash();
    }
  }

  #crash(life: DeviceLife, downMs: number): void {
    life.crash();
    this.#life = null;
    this.#beforeAnswer = null;
    if (this.#disk !== null) this.#disk.beforeWrite = null;
    this.#host.after(downMs, () => {
      if (!this.#healed) this.start();
    });
  }

  #failDisk(disk: SimulatedDisk, ms: number): void {
    disk.failing = true;
    this.#unkept = this.#lives;
    this.#host.after(ms, () => {
      disk.failing = false;
    });
  }

  #look(op: "open" | "shut", c: ConversationId): void {
    if (op === "open") {
      this.#looked.add(c);
      this.#life?.client.open(c);
    } else {
      this.#looked.delete(c);
      this.#life?.client.shut(c);
    }
  }

  #body(c: ConversationId): Body {
    return this.#host.body(`${c}/${this.name}/${++this.#written}`);
  }

  #change(
    life: DeviceLife,
    { op, conv, pick }: Extract<DeviceOperation, { readonly op: "edit" | "delete" | "react" }>,
  ) {
    const known = this.#memory.messages.get(conv) ?? [];
    const fit: readonly SeenMessage[] = op === "react" ? known : known.filter(({ own }) => own);
    const re = fit[pick % fit.length]?.seq;
    if (re === undefined) return;
    if (op === "edit") life.send({ c: conv, type: "edit", re, body: this.#body(conv) });
    else if (op === "delete") life.send({ c: conv, type: "delete", re });
    else life.send({ c: conv, type: "react", re, key: `${this.name}-${++this.#written}` });
  }
}

/** Whether more is to come: not where it is not the user's to read. */
function isBehind(shown: ShownWindow | null): boolean {
  return shown !== null && shown.error !== "not_found" && shown.error !== "forbidden" && shown.status !== "live";
}
