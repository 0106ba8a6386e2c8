import type { ConversationId, GatewayFrame, UserId, WelcomeFrame } from "@earshot/protocol";
import { eventRowOf } from "./event-row.ts";
import type { InboxList } from "./inbox/inbox-list.ts";
import type { Stored } from "./ports/stored.ts";
import type { Activity } from "./presence/activity.ts";
import type { PresenceRoom } from "./presence/presence-room.ts";
import type { RequestTable } from "./protocol/request-table.ts";
import type { OwnMarks } from "./receipts/own-marks.ts";
import type { Receipts } from "./receipts/receipts.ts";
import type { SendQueue } from "./send/send-queue.ts";
import type { StorageRoom } from "./storage-room.ts";
import type { Timelines } from "./timeline/timelines.ts";
import type { TypingRoom } from "./typing/typists.ts";
import type { Windows } from "./windows.ts";

/** The rooms that frames go to. */
export interface Rooms {
  readonly requests: RequestTable;
  readonly storage: StorageRoom;
  readonly timelines: Timelines;
  readonly sends: SendQueue;
  readonly windows: Windows;
  readonly marks: OwnMarks;
  readonly inbox: InboxList;
  readonly receipts: Receipts;
  readonly typing: TypingRoom;
  readonly presence: PresenceRoom;
  readonly activity: Activity;
  onUser(): void;
}

type FrameOf<T extends GatewayFrame["t"]> = Extract<GatewayFrame, { readonly t: T }>;

/** Takes what comes in to the rooms, each to whom it concerns and in the order in which they need it. */
export class Incoming {
  /** Who the gateway says we are, or whose things are stored; null while neither is known. */
  user: UserId | null = null;
  /** What kind of frame is being taken. */
  taking: GatewayFrame["t"] | null = null;
  readonly #rooms: Rooms;

  constructor(rooms: Rooms) {
    this.#rooms = rooms;
  }

  /** What an earlier life of this client has kept. */
  stored({ user, inbox }: Stored): void {
    this.#signIn(user);
    if (inbox !== null) this.#rooms.inbox.restore(inbox);
  }

  welcome({ user, limits }: WelcomeFrame, named: ReadonlyMap<ConversationId, boolean>): void {
    const { storage, activity, marks, sends, timelines, inbox, presence } = this.#rooms;
    const other = this.user !== null && this.user !== user;
    this.#signIn(user);
    if (other) this.#forget();
    storage.begin(user);
    activity.welcomed();
    // before rows are asked for, so that they show it
    marks.welcomed();
    sends.welcomed(limits);
    timelines.welcomed(other ? new Map() : named);
    inbox.welcomed();
    presence.welcomed();
  }

  /** `code`: the gateway's close code, null if it was we who went. */
  lost(code: number | null): void {
    const { requests, sends, timelines, inbox, marks, typing, presence } = this.#rooms;
    requests.lost();
    sends.lost(code);
    for (const room of [timelines, inbox, marks, typing, presence]) room.lost();
  }

  frame(frame: GatewayFrame): void {
    const { requests, sends, receipts, presence } = this.#rooms;
    this.taking = frame.t;
    if ("c" in frame && "epoch" in frame) {
      sends.heard(frame.c, "reset" in frame ? null : frame.epoch);
      presence.heard(frame.c, frame.epoch);
    }
    if (frame.t === "subscribed") receipts.subscribed(frame);
    if (frame.t === "presence") presence.take(frame);
    if (!requests.takes(frame)) this.#unasked(frame);
    this.taking = null;
  }

  /** The conversation is not the user's any more. */
  gone(c: ConversationId): void {
    const { inbox, receipts, presence, storage } = this.#rooms;
    for (const room of [inbox, receipts, presence, storage]) room.gone(c);
  }

  #unasked(frame: GatewayFrame): void {
    const { timelines, marks, sends, inbox, typing, receipts } = this.#rooms;
    timelines.take(frame);
    switch (frame.t) {
      case "error":
        marks.refused(frame);
        sends.take(frame);
        break;
      case "sent":
        sends.take(frame);
        break;
      case "event":
        this.#event(frame);
        break;
      case "events":
        if ("gone" in frame) this.gone(frame.c);
        break;
      case "lagging":
        inbox.askSoon();
        break;
      case "receipt":
        this.#receipt(frame);
        break;
      case "tally":
        receipts.tally(frame);
        break;
      case "heads":
        inbox.heads(frame.heads);
        break;
      case "typing":
        typing.take(frame);
    }
  }

  #event(frame: FrameOf<"event">): void {
    const { marks, inbox, presence, typing } = this.#rooms;
    const { c, epoch, type, from, seq } = frame;
    const row = eventRowOf(frame);
    if (from === this.user && type !== "meta" && type !== "member") marks.shown(c, seq, null);
    inbox.event(c, epoch, row);
    presence.event(c, row);
    if (type === "message") typing.wrote(c, from);
  }

  #receipt(frame: FrameOf<"receipt">): void {
    const { receipts, marks, inbox } = this.#rooms;
    const { c, user, read } = frame;
    receipts.take(frame);
    if (user !== this.user) return;
    marks.shown(c, read, null);
    if (read > (inbox.peek(c)?.read ?? read)) inbox.read(c, read);
  }

  #signIn(user: UserId): void {
    if (this.user === user) return;
    this.user = user;
    this.#rooms.onUser();
  }

  /** Another user is signed in: nothing of what is here is theirs. */
  #forget(): void {
    const { storage, marks, receipts, sends, timelines, inbox, windows } = this.#rooms;
    for (const room of [storage, marks, receipts, sends, timelines, inbox]) room.forget();
    windows.touch();
  }
}
