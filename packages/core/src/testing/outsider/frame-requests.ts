import type { ClientFrame, ConversationId, FetchFrame, GatewayFrame, InboxRow, SendFrame } from "@earshot/protocol";
import type { Device } from "./device.ts";
import type { DeviceSession } from "./device-session.ts";
import { memberOutcome, sendOutcome, typingOutcome } from "./outcomes.ts";
import type { OutsiderWorld } from "./outsider-world.ts";
import { pageFault } from "./page-check.ts";

/** What a device asks by frames. */
export class FrameRequests {
  readonly #world: OutsiderWorld;

  constructor(world: OutsiderWorld) {
    this.#world = world;
  }

  #ask(
    device: Device,
    session: DeviceSession,
    c: ConversationId,
    frame: ClientFrame & { readonly id: string },
    answered: (frame: GatewayFrame) => void = () => {},
  ): void {
    const world = this.#world;
    world.note(`${device.name} ${JSON.stringify(frame)}`);
    session.ask(frame.id, {
      name: `${device.name} ${JSON.stringify(frame)}`,
      possible: new Set(),
      outcomes: () => [c === "" ? "ok" : memberOutcome({ conversation: world.conversation(c), user: device.user })],
      answered,
    });
    session.client.pair.send(frame);
  }

  #quietly(
    device: Device,
    session: DeviceSession,
    c: ConversationId,
    frame: ClientFrame,
    outcomes: () => readonly string[],
  ): void {
    const name = `${device.name} ${JSON.stringify(frame)}`;
    this.#world.note(name);
    session.quietly({ name, t: frame.t, c, possible: new Set(), outcomes });
    session.client.pair.send(frame);
  }

  send(device: Device, session: DeviceSession, draft: SendFrame): void {
    const world = this.#world;
    const { user } = device;
    const { c } = draft;
    world.note(`${device.name} ${JSON.stringify(draft)}`);
    world.came(user, c, draft.id, "asked");
    const began = world.clock.now();
    session.send({
      name: `${device.name} ${JSON.stringify(draft)}`,
      draft,
      headBefore: world.conversation(c)?.head ?? 0,
      answer: null,
      skipped: false,
      possible: new Set(),
      outcomes: () => {
        const conversation = world.conversation(c);
        const apart = world.truth.apart(conversation);
        return [began, world.clock.now()].map((at) => sendOutcome({ conversation, user }, draft, at, apart));
      },
    });
  }

  fetch(device: Device, session: DeviceSession, c: ConversationId, asked: Omit<FetchFrame, "t" | "id" | "c">): void {
    const world = this.#world;
    this.#ask(device, session, c, { t: "fetch", id: device.nextId(), c, ...asked }, (frame) => {
      const conversation = world.conversation(c);
      if (frame.t !== "events" || !("from" in frame) || conversation === undefined) return;
      const fault = pageFault(conversation, device.user, frame, asked);
      if (fault !== null) world.fail(`I17: the page ${JSON.stringify(asked)} of ${c} for ${device.name}: ${fault}`);
      if (asked.after !== undefined && asked.re === undefined) device.cursors.page(c, frame);
    });
  }

  subscribe(device: Device, session: DeviceSession, c: ConversationId): void {
    session.seen.subscribes(c);
    this.#ask(device, session, c, { t: "subscribe", id: device.nextId(), c }, () => {
      session.seen.answered(c);
    });
  }

  unsubscribe(device: Device, session: DeviceSession, c: ConversationId): void {
    this.#ask(device, session, "", { t: "unsubscribe", id: device.nextId(), c }, () => {
      session.seen.unsubscribed(c);
    });
  }

  inbox(device: Device, session: DeviceSession, limit: number, anew: boolean): void {
    const world = this.#world;
    // One reading at a time, or the answers are of two.
    if (device.readsInbox) return;
    device.readsInbox = true;
    if (anew) {
      device.inbox.clear();
      device.inboxCursor = null;
    }
    const cursor = device.inboxCursor;
    this.#ask(device, session, "", { t: "inbox", id: device.nextId(), cursor, limit }, (frame) => {
      device.readsInbox = false;
      if (frame.t !== "inbox") return;
      if (frame.conversations.length > limit) world.fail(`an inbox page of ${frame.conversations.length} rows`);
      if (frame.reset) world.fail("an inbox cursor was forgotten");
      for (const row of frame.conversations) {
        if ("gone" in row) device.inbox.delete(row.c);
        else {
          const fault = world.rowFault(device.user, row);
          if (fault !== null) world.fail(`inbox of ${device.name}: ${fault}`);
          device.inbox.set(row.c, row as InboxRow);
        }
      }
      device.inboxCursor = frame.cursor;
    });
  }

  read(device: Device, session: DeviceSession, c: ConversationId, seq: number): void {
    this.#quietly(device, session, c, { t: "read", c, seq }, () => [this.#member(device, c)]);
  }

  unread(device: Device, session: DeviceSession, c: ConversationId, on: boolean): void {
    this.#quietly(device, session, c, { t: "unread", c, on }, () => [this.#member(device, c)]);
  }

  typing(device: Device, session: DeviceSession, c: ConversationId): void {
    const world = this.#world;
    world.typed.set(`${c} ${device.user}`, world.clock.monotonic());
    // Dropped without a word, too.
    this.#quietly(device, session, c, { t: "typing", c }, () => [
      "ok",
      typingOutcome({ conversation: world.conversation(c), user: device.user }),
    ]);
  }

  #member(device: Device, c: ConversationId): string {
    return memberOutcome({ conversation: this.#world.conversation(c), user: device.user });
  }
}
