import type { ConversationId, UserId } from "@earshot/protocol";
import type { SeededRandom } from "../../../seeded-random.ts";
import type { HistoryLine } from "../../history-line.ts";
import { Agenda } from "./agenda.ts";
import type { ModelDevice } from "./model-device.ts";
import type { ModelLog } from "./model-log.ts";
import type { ModelGateway, SessionPart, WorldPart } from "./model-parts.ts";
import { ModelPresence } from "./model-presence.ts";

type Untimed<L> = L extends { readonly p: "sim" } ? Omit<L, "t" | "p"> : never;

/** Time between a commit and its arrival at another gateway, at most, in ms. */
const BUS_MS = 40;

/** Gateways, one store, devices: what they have in common. */
export class ModelWorld implements WorldPart {
  readonly agenda = new Agenda();
  readonly random: SeededRandom;
  readonly lines: HistoryLine[] = [];
  readonly logs = new Map<ConversationId, ModelLog>();
  readonly devices: ModelDevice[] = [];
  readonly gateways: ModelGateway[];
  readonly sessions = new Set<SessionPart>();
  readonly presence: ModelPresence = new ModelPresence(this);
  /** Chance that an event is lost on its way to another gateway. */
  busLoss = 0;
  troubled = false;

  constructor(random: SeededRandom, gateways: number) {
    this.random = random;
    this.gateways = Array.from({ length: gateways }, (_, at) => ({
      ...{ name: `n${at + 1}`, life: 1, up: true, draining: false },
    }));
  }

  get now(): number {
    return this.agenda.now;
  }

  after(ms: number, run: () => void): void {
    this.agenda.after(ms, run);
  }

  below(below: number): number {
    return this.random.below(below);
  }

  chance(chance: number): boolean {
    return this.random.float() < chance;
  }

  one<T>(all: readonly T[]): T {
    return all[this.below(all.length)] as T;
  }

  write(line: object): void {
    this.lines.push({ t: this.now, ...line } as HistoryLine);
  }

  say(line: Untimed<HistoryLine>): void {
    this.write({ p: "sim", ...line });
  }

  process(gateway: ModelGateway): string {
    return `${gateway.name}#${gateway.life}`;
  }

  /** Something was committed, at a gateway: everybody hears of it who may. */
  committed(log: ModelLog, at: ModelGateway | null): void {
    for (const session of this.sessions) {
      const lost = session.gateway !== at && this.chance(this.busLoss);
      const ms = session.gateway === at ? 0 : this.below(BUS_MS);
      // a lost one is found by the next digest
      this.after(lost ? 1_000 + this.below(4_000) : ms, () => session.pump(log));
    }
  }

  /** A user's watermarks rose: subscribers are told. */
  raised(log: ModelLog, of: UserId): void {
    for (const session of this.sessions) session.tellReceipt(log, of);
  }

  typed(conv: ConversationId, from: SessionPart): void {
    const log = this.logs.get(conv);
    if (log === undefined || !log.isMember(from.device.user)) return;
    for (const session of this.sessions) {
      if (session !== from && log.isMember(session.device.user)) session.tellTypist(conv, from.device.user);
    }
  }

  /** The store goes back to what it was when logs were so long. */
  rewind(keep: (log: ModelLog) => number): void {
    const epochs = [...this.logs.values()].map((log) => {
      const head = keep(log);
      const [from, to] = log.rewind(head);
      return [log.conv, from, to, head] as const;
    });
    this.say({ ev: "rewind", epochs });
    for (const log of this.logs.values()) this.committed(log, null);
  }

  crash(gateway: ModelGateway): void {
    this.write({ p: this.process(gateway), ev: "crash" });
    this.#down(gateway, (session) =>
      this.after(this.below(300), () => session.device.lost(session, 1006, "network", true)),
    );
  }

  drain(gateway: ModelGateway, within: number): void {
    gateway.draining = true;
    this.write({ p: this.process(gateway), ev: "draining", within });
    for (const session of this.sessions) {
      if (session.gateway === gateway) session.tellDrain(within, this.below(within + within / 4));
    }
    this.after(within, () => {
      if (!gateway.draining) return;
      this.#down(gateway, (session) => session.device.lost(session, 4001, "gateway", false));
      this.write({ p: this.process(gateway), ev: "stop" });
    });
  }

  start(gateway: ModelGateway): void {
    if (gateway.up) return;
    gateway.up = true;
    gateway.life++;
    this.write({ p: this.process(gateway), ev: "start" });
  }

  #down(gateway: ModelGateway, each: (session: SessionPart) => void): void {
    gateway.up = false;
    gateway.draining = false;
    for (const session of [...this.sessions]) {
      if (session.gateway !== gateway) continue;
      session.open = false;
      this.sessions.delete(session);
      each(session);
    }
  }
}
