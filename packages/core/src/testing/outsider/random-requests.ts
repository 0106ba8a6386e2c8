import type { ConversationId, HaveEntry, Mentions, Role, SendFrame, SendType, UserId } from "@earshot/protocol";
import type { Device } from "./device.ts";
import type { DeviceSession } from "./device-session.ts";
import { FrameRequests } from "./frame-requests.ts";
import { HttpCalls } from "./http-calls.ts";
import { HttpReads } from "./http-reads.ts";
import { type OutsiderWorld, USERS } from "./outsider-world.ts";

const ROLES: readonly Role[] = ["owner", "admin", "member", "reader"];
const KEYS = ["👍", "🎉", "😢"];

type Deed = (device: Device, session: DeviceSession, c: ConversationId) => unknown;

/** Everything that users do, at random. */
export class RandomRequests {
  readonly #world: OutsiderWorld;
  readonly frames: FrameRequests;
  readonly http: HttpCalls;
  readonly reads: HttpReads;
  readonly #drafts: SendFrame[] = [];
  readonly #deeds: readonly Deed[];
  #ids = 0;
  /** Where much happens just now. */
  #hot: ConversationId = "g1";

  constructor(world: OutsiderWorld) {
    this.#world = world;
    this.frames = new FrameRequests(world);
    this.http = new HttpCalls(world);
    this.reads = new HttpReads(world);
    this.#deeds = this.#weighed();
  }

  /** Things that random devices do at the same time, many of them in one place. */
  some(count: number): void {
    this.#hot = this.#world.pick([...this.#world.truth.conversations.keys()]);
    for (let index = 0; index < count; index++) this.one();
  }

  /** One thing that a random device does. */
  one(): void {
    const world = this.#world;
    const device = world.pick(world.devices);
    const { session } = device;
    if (session === null || !session.welcomed) {
      if (session === null) this.connect(device);
      return;
    }
    const done = world.pick(this.#deeds)(device, session, this.#somewhere(device));
    // A failure is remembered where it is found.
    if (done instanceof Promise) done.catch((error: unknown) => world.noteFailure(error));
  }

  connect(device: Device): void {
    const world = this.#world;
    world.note(`${device.name} connects`);
    const have = this.#have(device);
    const session = device.connect(have);
    const again = device.takeUnsettled();
    // What nobody knows the end of goes again, in its order, or is given up.
    if (world.chance(0.7)) for (const draft of again) this.frames.send(device, session, draft);
  }

  /** What a device presents: what it has kept, unless it has lost all of it, some, or the latest, or mixed up what it is of. */
  #have(device: Device): readonly HaveEntry[] {
    const world = this.#world;
    const { cursors } = device;
    const all = world.chance(0.1);
    const have: HaveEntry[] = [];
    for (const [c, { epoch, last }] of cursors.entries()) {
      if (all || world.chance(0.05)) {
        cursors.forget(c);
        continue;
      }
      if (world.chance(0.15)) cursors.begin(c, epoch, world.random.below(last + 1));
      const seq = cursors.get(c)?.last ?? 0;
      const mixedUp = world.chance(0.04);
      if (mixedUp) cursors.forget(c);
      const cursor = [c, mixedUp ? "elsewhere" : epoch, seq] as const;
      have.push(world.chance(0.3) ? [...cursor, true] : cursor);
    }
    return have;
  }

  #weighed(): readonly Deed[] {
    const world = this.#world;
    const { frames, http, reads } = this;
    const other = (): UserId => world.pick(USERS);
    const deeds: readonly (readonly [weight: number, deed: Deed])[] = [
      [22, (device, session, c) => frames.send(device, session, this.#draft(device.user, c))],
      [4, (device, session, c) => this.#burst(device, session, c)],
      [4, ({ user }, _, c) => http.send(user, c, this.#draft(user, c))],
      [4, (device, session) => this.#repeat(device, session)],
      [6, (device, session, c) => frames.fetch(device, session, c, this.#where(c))],
      [3, ({ user }, _, c) => reads.messages(user, c, this.#where(c))],
      [6, (device, session, c) => frames.subscribe(device, session, c)],
      [1, (device, session, c) => frames.unsubscribe(device, session, c)],
      [5, (device, session) => frames.inbox(device, session, 1 + world.random.below(3), world.chance(0.1))],
      [5, (device, session, c) => frames.read(device, session, c, this.#seq(c))],
      [1, ({ user }, _, c) => http.read(user, c, this.#seq(c))],
      [2, (device, session, c) => frames.unread(device, session, c, world.chance(0.7))],
      [2, (device, session, c) => frames.typing(device, session, c)],
      [6, (_, session) => session.acknowledge(world.pick([0, 0, 0, 1, 3]))],
      [2, (device) => this.#leave(device)],
      [1, (device, session) => this.#moreCursors(device, session)],
      [2, (device, session) => this.#again(device, session)],
      [2, ({ user }, _, c) => http.put(user, c, other(), world.chance(0.3) ? undefined : world.pick(ROLES))],
      [2, ({ user }, _, c) => http.put(user, c, user, world.chance(0.9) ? undefined : "admin")],
      [2, ({ user }, _, c) => http.remove(user, c, other())],
      [1, ({ user }, _, c) => http.remove(user, c, user)],
      [
        1,
        ({ user }, _, c) =>
          http.addMany(
            user,
            c,
            [...new Set([other(), other()])].map((one) => [one, world.pick(ROLES)]),
          ),
      ],
      [2, ({ user }, _, c) => http.ban(user, c, other(), world.chance(0.7))],
      [1, ({ user }) => http.block(user, other(), world.chance(0.4))],
      [3, ({ user }, _, c) => http.patch(user, c, this.#patch())],
      [2, ({ user }, _, c) => http.pin(user, c, this.#seq(c), world.chance(0.7))],
      [
        2,
        ({ user }, _, c) =>
          http.own(user, c, world.pick([{ mute: true }, { mute: 5 }, { unread: true }, { unread: false }])),
      ],
      [1, ({ user }, _, c) => reads.row(user, c)],
      [1, ({ user }, _, c) => reads.members(user, c)],
      [1, ({ user }, _, c) => reads.receipts(user, c, this.#seq(c))],
      [1, ({ user }, _, c) => reads.presence(user, c, [other(), other()])],
      [1, ({ user }) => this.#create(user)],
    ];
    const rare: Deed = ({ user }, _, c) => (world.chance(0.15) ? http.removeConversation(user, c) : null);
    return [...deeds.flatMap(([weight, deed]) => Array.from({ length: weight }, () => deed)), rare];
  }

  #somewhere({ user }: Device): ConversationId {
    const world = this.#world;
    const all = [...world.truth.conversations];
    const own = all.filter(([, { roles, removed }]) => !removed && roles.has(user));
    if (world.chance(0.5)) return this.#hot;
    const [c] = world.pick(own.length > 0 && world.chance(0.85) ? own : all);
    return world.chance(0.01) ? "nowhere" : c;
  }

  #seq(c: ConversationId): number {
    const head = this.#world.conversation(c)?.head ?? 0;
    return this.#world.chance(0.6)
      ? Math.max(1, head - this.#world.random.below(4))
      : 1 + this.#world.random.below(head + 2);
  }

  #message(c: ConversationId, user: UserId): number {
    const messages = (this.#world.conversation(c)?.log ?? []).filter(({ type }) => type === "message").slice(-5);
    const own = messages.filter(({ from }) => from === user);
    const from = own.length > 0 && this.#world.chance(0.6) ? own : messages;
    return from.length === 0 || this.#world.chance(0.05) ? this.#seq(c) : this.#world.pick(from).seq;
  }

  #draft(user: UserId, c: ConversationId): SendFrame {
    const world = this.#world;
    this.#ids += 1;
    const id = `m${this.#ids}`;
    const type = world.pick<SendType>([
      "message",
      "message",
      "message",
      "message",
      "edit",
      "delete",
      "react",
      "react",
      "x-mark",
    ]);
    const text = { text: `${c}/${user}/${id}` };
    const re = this.#message(c, user);
    const slot = world.chance(0.08) ? { slot: world.pick(["a", "b"]) } : {};
    const last = slot.slot === undefined ? 0 : (world.conversation(c)?.slots.get(slot.slot) ?? 0);
    const expect = world.chance(0.5) && slot.slot !== undefined ? { expect: world.chance(0.7) ? last : last + 1 } : {};
    const mentions: { mentions?: Mentions } = world.chance(0.3)
      ? { mentions: world.chance(0.3) ? "all" : [world.pick(USERS), user] }
      : {};
    const draft: SendFrame =
      type === "message"
        ? { t: "send", id, c, type, body: text, ...(world.chance(0.25) ? { re } : {}), ...mentions, ...slot, ...expect }
        : type === "delete"
          ? { t: "send", id, c, type, re }
          : type === "react"
            ? { t: "send", id, c, type, re, body: { key: world.pick(KEYS), on: world.chance(0.7) } }
            : { t: "send", id, c, type, body: text, ...(type === "edit" ? { re } : {}), ...slot, ...expect };
    this.#drafts.push(draft);
    return draft;
  }

  /** Several at once, which must stay in their order. */
  #burst(device: Device, session: DeviceSession, c: ConversationId): void {
    for (let count = 2 + this.#world.random.below(3); count > 0; count--) {
      this.frames.send(device, session, this.#draft(device.user, c));
    }
  }

  /** An old id again, of one's own or another's, with the same content or not. */
  #repeat(device: Device, session: DeviceSession): void {
    const world = this.#world;
    const old = this.#drafts.at(-1 - world.random.below(Math.min(40, this.#drafts.length)));
    if (old === undefined) return;
    this.frames.send(
      device,
      session,
      world.chance(0.8) || old.body === undefined ? old : { ...old, body: { ...old.body, text: "other" } },
    );
  }

  /** What was refused with `retry` goes again in its order, or is given up. */
  #again(device: Device, session: DeviceSession): void {
    const waiting = session.sends.waiting();
    for (const draft of waiting) {
      if (this.#world.chance(0.8)) this.frames.send(device, session, draft);
      else session.skip(draft.id);
    }
  }

  #leave(device: Device): void {
    const world = this.#world;
    const { session } = device;
    if (session === null) return;
    const how = world.random.below(4);
    world.note(`${device.name} goes, ${how}`);
    if (how === 0) session.client.pair.close();
    if (how === 1) session.client.pair.cut();
    if (how === 2) this.connect(device);
    if (how === 3) session.client.pair.halfOpen();
    if (how !== 2) device.lose();
  }

  #moreCursors(device: Device, session: DeviceSession): void {
    const have = device.cursors.have().map(([c, epoch, seq]): HaveEntry => [c, epoch, seq, this.#world.chance(0.5)]);
    const [some] = have;
    if (some === undefined) return;
    session.have(have);
  }

  #where(c: ConversationId) {
    const world = this.#world;
    const seq = this.#seq(c);
    const where = world.pick([{ after: seq - 1 }, { after: 0 }, { before: seq }, { around: seq }, {}]);
    const limit = world.chance(0.7) ? { limit: 1 + world.random.below(12) } : {};
    return { ...where, ...limit, ...(world.chance(0.1) ? { re: this.#message(c, "") } : {}) };
  }

  #patch() {
    const world = this.#world;
    return world.pick([
      { title: world.pick(["one", "two", null]) },
      { open: world.chance(0.5) },
      { slow: world.pick([0, 0, 300, 2_000]) },
      { title: "three", meta: { a: world.random.below(2), b: [1, { c: 2 }] } },
      { meta: null },
    ]);
  }

  #create(user: UserId): unknown {
    const world = this.#world;
    const members = [...new Set([world.pick(USERS), world.pick(USERS), world.pick(USERS)])];
    const id = world.chance(0.3) ? { id: world.pick([...world.truth.conversations.keys()]) } : {};
    const kind = world.pick(["direct", "group", "channel"]);
    const named =
      kind === "direct" ? members.slice(0, 1) : members.map((one): readonly [UserId, Role] => [one, world.pick(ROLES)]);
    const options =
      kind === "direct" ? {} : { open: world.chance(0.5), ...(world.chance(0.3) ? { history: "all" } : {}) };
    return this.http.create(user, { kind, ...id, members: named, ...options });
  }
}
