import {
  type ConversationId,
  type Epoch,
  type EventRow,
  type GatewayFrame,
  type HaveEntry,
  isChatError,
  type UserId,
} from "@earshot/protocol";
import { type ChatClient, wiringOf } from "../chat-client.ts";
import { noStorage } from "../no-storage.ts";
import type { Clock } from "../ports/clock.ts";
import type { Requests } from "../ports/gateway.ts";
import type { StorageRoom } from "../storage-room.ts";

/** What is seen of a client from within, where it happens: before anything that follows from it. */
export interface ClientObserver {
  /** A frame has reached the rooms. */
  frame(frame: GatewayFrame): void;
  /** What was asked at `askedAt` (monotonic ms) is answered; the frame itself was told before. */
  answered(frame: GatewayFrame, askedAt: number): void;
  /** These cursors go out with a `hello`. */
  have(cursors: readonly HaveEntry[]): void;
  /**
   * Rows that are new to the application, in order; `reached`: its cursor behind them. `opened`: the head of the page
   * in present state that they begin with, null where there is none: rows up to there are part of it.
   */
  applied(c: ConversationId, epoch: Epoch, rows: readonly EventRow[], reached: number, opened: number | null): void;
  /** A conversation goes on from what was stored of it. */
  restored(c: ConversationId, epoch: Epoch, seq: number): void;
  /** What was here of a conversation is let go: the answer to a question said that it is not the user's. */
  denied(c: ConversationId): void;
  /** What was here of a conversation is let go: the log is to be read anew, in this life of it. */
  restarted(c: ConversationId, epoch: Epoch): void;
  receipt(c: ConversationId, of: UserId, delivered: number, read: number): void;
  presence(of: UserId, status: "online" | "away" | "offline"): void;
}

/** Has the observer told of what a client takes in, for as long as the client lives. */
export function observeClient(
  chat: ChatClient,
  clock: Clock,
  observer: Omit<ClientObserver, "receipt" | "presence">,
): void {
  const { connection, receipts, requests, storage, timelines } = wiringOf(chat);
  let opened: number | null = null;
  const isHere = (c: ConversationId): boolean => (timelines.peek(c)?.timeline.cursor ?? null) !== null;

  const deliver = connection.deliver.bind(connection);
  connection.deliver = (frame) => {
    // what a drain says is the connection's own
    if (frame.t !== "drain") observer.frame(frame);
    const reset = frame.t === "events" && "reset" in frame && isHere(frame.c) ? frame : null;
    deliver(frame);
    if (reset !== null && !isHere(reset.c)) observer.restarted(reset.c, reset.epoch);
  };

  const ask = requests.ask;
  const asking: typeof ask = (request, done) => {
    const askedAt = clock.monotonic();
    ask(request, (answer) => {
      if (!isChatError(answer)) {
        observer.answered(answer, askedAt);
        if (answer.t === "events" && isForNewest(request)) opened = answer.head;
      }
      const c = "c" in request && isChatError(answer) && isHere(request.c) ? request.c : null;
      done(answer);
      if (c !== null && !isHere(c)) observer.denied(c);
      opened = null;
    });
  };
  Object.assign(requests, { ask: asking });

  const have = timelines.have.bind(timelines);
  timelines.have = () => {
    const cursors = have();
    observer.have(cursors);
    return cursors;
  };

  const applied = receipts.applied.bind(receipts);
  receipts.applied = (c, epoch, rows) => {
    observer.applied(c, epoch, rows, timelines.peek(c)?.timeline.cursor?.seq ?? 0, opened);
    applied(c, epoch, rows);
  };

  // it is every such client's, and restores nothing
  if (storage === noStorage) return;
  const restore = storage.timeline.bind(storage);
  const restoring: StorageRoom["timeline"] = (c, done) =>
    restore(c, (stored) => {
      done(stored);
      const cursor = timelines.peek(c)?.timeline.cursor;
      if (cursor) observer.restored(c, cursor.epoch, cursor.seq);
    });
  Object.assign(storage, { timeline: restoring });
}

function isForNewest(request: { readonly t: keyof Requests }): boolean {
  if (request.t !== "fetch") return false;
  const { after, before, around, re } = request as Requests["fetch"];
  return (after ?? before ?? around ?? re) === undefined;
}
