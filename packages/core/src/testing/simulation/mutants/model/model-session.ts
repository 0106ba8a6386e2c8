import type { ConversationId, UserId } from "@earshot/protocol";
import type { SeenEvent } from "../../history-line.ts";
import type { ModelLog } from "./model-log.ts";
import type { Cursor, DevicePart, ModelGateway, SessionPart, WorldPart } from "./model-parts.ts";

/** Rows of the newest page. */
const PAGE_ROWS = 12;
/** Longest way, in ms. */
const WAY_MS = 60;

/** A device's connection to a gateway, and what the gateway does with it: in order both ways; what is on its way is lost with it. */
export class ModelSession implements SessionPart {
  readonly device: DevicePart;
  readonly gateway: ModelGateway;
  readonly p: string;
  readonly connection: number;
  open = true;
  welcomed = false;
  /** Up to where events went out. */
  readonly sentTo = new Map<ConversationId, Cursor>();
  /** What was told of users. */
  readonly told = new Map<UserId, "online" | "offline">();
  readonly #world: WorldPart;
  /** When the last frame of each way arrives. */
  #upAt = 0;
  #downAt = 0;

  constructor(world: WorldPart, device: DevicePart, gateway: ModelGateway, connection: number) {
    this.#world = world;
    this.device = device;
    this.gateway = gateway;
    this.p = device.p;
    this.connection = connection;
  }

  /** To the gateway. */
  up(run: () => void): void {
    const { now } = this.#world;
    this.#upAt = Math.max(this.#upAt, now + 2 + this.#world.below(WAY_MS));
    this.#world.after(this.#upAt - now, () => this.open && run());
  }

  /** From the gateway. */
  down(run: () => void): void {
    const { now } = this.#world;
    this.#downAt = Math.max(this.#downAt, now + 2 + this.#world.below(WAY_MS));
    this.#world.after(this.#downAt - now, () => this.open && this.device.session === this && run());
  }

  /** Everything above what went out already that the user may have. */
  pump(log: ModelLog, by: "event" | "repair" = "event"): void {
    if (!this.open || !this.#world.sessions.has(this)) return;
    const { device } = this;
    const { conv, epoch, head } = log;
    const sent = this.sentTo.get(conv);
    const member = log.isMember(device.user);
    if (sent?.epoch !== epoch) {
      if (member) this.#sendNewest(log);
      else this.#tellGone(conv, sent !== undefined);
      return;
    }
    // asked anew, who is no member is told nothing else
    if (by === "repair" && !member) {
      this.#tellGone(conv, true);
      return;
    }
    if (by === "repair" && sent.seq < head) this.down(() => device.tell({ ev: "head", by: "page", conv, epoch, head }));
    this.sentTo.set(conv, { epoch, seq: head });
    for (let seq = sent.seq + 1; seq <= head; seq++) this.#sendOne(log, seq, by);
    if (!member) this.#tellGone(conv, true);
  }

  tellReceipt(log: ModelLog, of: UserId): void {
    const marks = log.marks.get(of);
    const knows = this.sentTo.get(log.conv)?.epoch === log.epoch;
    if (marks === undefined || !knows || !log.isMember(this.device.user)) return;
    const { delivered, read } = marks;
    this.down(() => this.device.tell({ ev: "receipt", conv: log.conv, of, delivered, read }));
  }

  tellTypist(conv: ConversationId, of: UserId): void {
    this.down(() => this.device.tell({ ev: "typist", conv, of }));
  }

  tellPresence(of: UserId, status: "online" | "offline"): void {
    this.down(() => this.device.tell({ ev: "presence", of, status }));
  }

  /** `delay` may lie beyond the window: then it stays to the end. */
  tellDrain(within: number, delay: number): void {
    const { device, connection } = this;
    this.down(() => {
      device.tell({ ev: "drain", connection, within, delay: Math.min(delay, within) });
      if (delay < within) this.#world.after(delay, () => device.lost(this, 1000, "device", false));
    });
  }

  #sendOne(log: ModelLog, seq: number, by: "event" | "repair"): void {
    const entry = log.entries[seq - 1] as SeenEvent;
    const may = log.mayHave(this.device.user, seq);
    this.down(() => (may ? this.device.take(entry, by) : this.device.skip(entry)));
  }

  #sendNewest(log: ModelLog): void {
    const { conv, epoch, head } = log;
    this.sentTo.set(conv, { epoch, seq: head });
    const asked = this.#world.now;
    const rows = log.entries.slice(-PAGE_ROWS).filter(({ seq }) => log.mayHave(this.device.user, seq));
    this.down(() => {
      this.device.tell({ ev: "head", by: "page", asked, conv, epoch, head });
      for (const row of rows) this.device.tell({ ev: "deliver", by: "page", ...row });
      this.device.openedAt(conv, { epoch, seq: head });
    });
    for (const user of log.marks.keys()) this.tellReceipt(log, user);
  }

  #tellGone(conv: ConversationId, known: boolean): void {
    this.sentTo.delete(conv);
    if (known) this.down(() => this.device.gone(conv));
  }
}
