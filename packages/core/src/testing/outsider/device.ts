import type { ConversationId, DeviceId, HaveEntry, InboxRow, SendFrame, UserId } from "@earshot/protocol";
import type { TestEngine } from "../test-engine.ts";
import { Cursors } from "./cursors.ts";
import { DeviceSession, type SessionSurroundings } from "./device-session.ts";

export type DeviceSurroundings = Omit<SessionSurroundings, "user" | "cursors"> & { readonly engine: TestEngine };

/** Codes that only a gateway may close with whom a test has driven to it. */
const EXPECTED = new Set([1000, 1001, 1006, 4000, 4002, 4504]);

/** One device of a user, with what its application keeps over its connections. */
export class Device {
  readonly user: UserId;
  readonly name: DeviceId;
  readonly cursors: Cursors;
  readonly #house: DeviceSurroundings;
  /** Its list of conversations, and how far it has read it. */
  readonly inbox = new Map<ConversationId, InboxRow>();
  inboxCursor: string | null = null;
  readsInbox = false;
  session: DeviceSession | null = null;
  /** Sends of the session before that nobody knows the end of. */
  unsettled: readonly SendFrame[] = [];
  #attempt = 0;
  #ids = 0;

  constructor(house: DeviceSurroundings, user: UserId, name: DeviceId) {
    this.#house = house;
    this.user = user;
    this.name = name;
    this.cursors = new Cursors((why) => house.fail(`${name}: ${why}`));
  }

  nextId(): string {
    this.#ids += 1;
    return `${this.name}-${this.#ids}`;
  }

  /** Opens a connection, in place of the one before. */
  connect(have: readonly HaveEntry[]): DeviceSession {
    this.lose();
    this.#attempt += 1;
    const { engine, fail, ...house } = this.#house;
    const client = engine.connect();
    const told = (why: string): never => fail(`${this.name}, attempt ${this.#attempt}: ${why}`);
    const session = new DeviceSession({ ...house, fail: told, user: this.user, cursors: this.cursors }, client);
    this.session = session;
    session.seen.present(have);
    client.pair.send({ t: "hello", v: 1, token: this.user, device: this.name, k: this.#attempt, have });
    return session;
  }

  /** Takes what nobody knows the end of. */
  takeUnsettled(): readonly SendFrame[] {
    const unsettled = this.unsettled;
    this.unsettled = [];
    return unsettled;
  }

  /** The session is over, whoever ended it. */
  lose(): void {
    if (this.session === null) return;
    this.unsettled = [...this.unsettled, ...this.session.unsettled()];
    this.session.over();
    this.readsInbox = false;
    this.session = null;
    this.cursors.reconnect();
  }

  /** Looks at what has arrived. */
  look(): void {
    if (this.session === null) return;
    this.session.look();
    const code = this.session.client.closedWith;
    if (code === null) return;
    if (!EXPECTED.has(code)) this.#house.fail(`${this.name} was closed with ${code}`);
    this.lose();
  }
}
