import {
  type ActiveFrame,
  type Body,
  type ConversationId,
  type Epoch,
  isChatError,
  type MessageId,
  type UserId,
} from "@earshot/protocol";
import { ChatClient, wiringOf } from "../chat-client.ts";
import { defined } from "../defined.ts";
import type { Undo } from "../live.ts";
import type { MessageWindow } from "../message-window.ts";
import type { Outgoing } from "../outgoing.ts";
import type { Clock } from "../ports/clock.ts";
import type { NetworkStatus } from "../ports/network-status.ts";
import type { Random } from "../ports/random.ts";
import type { OpenTransport, TransportKind } from "../ports/transport.ts";
import type { ReceiptsView } from "../receipts.ts";
import { type ClientObserver, observeClient } from "./client-observer.ts";
import { SimulatedDisk, simulatedStorage } from "./simulated-storage.ts";

export interface SimulatedClientOptions {
  readonly url: string;
  readonly user: UserId;
  readonly clock: Clock;
  readonly random: Random;
  readonly transport: OpenTransport;
  readonly transports: readonly TransportKind[];
  readonly fetch: typeof fetch;
  readonly network: NetworkStatus;
  /** null: nothing outlives it. */
  readonly disk: SimulatedDisk | null;
  /** Time that the next call of the storage takes, in ms. */
  readonly diskMs: () => number;
  readonly observer: ClientObserver;
}

/** An answer to a send. `final`: it will never be there; otherwise nobody knows. */
export type SendOutcome =
  | { readonly epoch: Epoch; readonly seq: number }
  | { readonly code: string; readonly final: boolean };

/** What a user does to a conversation's log; `re`: the message that it is done to. */
export type SimulatedSend = { readonly c: ConversationId } & (
  | { readonly type: "message"; readonly body: Body; readonly re?: number }
  | { readonly type: "edit"; readonly body: Body; readonly re: number }
  | { readonly type: "delete"; readonly re: number }
  | { readonly type: "react"; readonly key: string; readonly re: number }
);

export interface ShownWindow {
  /** `""` and 0: nothing was read. */
  readonly epoch: Epoch;
  readonly cursor: number;
  readonly seqs: readonly number[];
  readonly status: "loading" | "live" | "catching-up";
  /** A code: why it cannot be read. */
  readonly error?: string;
}

/** Real clients for `simulate` of `@earshot/core/testing`, with what outlives them. */
export const simulatedClient = {
  /** Loads what a client would load on its way, so that it need not wait for a file. */
  ready: async (): Promise<void> => {
    await import("../transport/fallback.ts");
  },
  disk: (): SimulatedDisk => new SimulatedDisk(),
  client: (options: SimulatedClientOptions): SimulatedClient => new SimulatedClient(options),
};

/** A `ChatClient` in the hands of a simulation: does what a user would do, and tells what the user would see. */
export class SimulatedClient {
  readonly #chat: ChatClient;
  readonly #observer: ClientObserver;
  readonly #windows = new Map<ConversationId, { readonly window: MessageWindow; readonly undo: readonly Undo[] }>();
  readonly #watched = new Map<UserId, Undo>();

  constructor({ user, disk, diskMs, observer, ...options }: SimulatedClientOptions) {
    this.#observer = observer;
    const storage = disk === null ? {} : { storage: simulatedStorage(disk, { clock: options.clock, ms: diskMs }) };
    this.#chat = new ChatClient({ ...options, ...storage, token: () => user });
    observeClient(this.#chat, options.clock, observer);
  }

  /** Whether it has a session. */
  get online(): boolean {
    return this.#chat.connection.current.status === "online";
  }

  /** Whether it was told to stop, and does not come back by itself. */
  get stopped(): boolean {
    return this.#chat.connection.current.status === "closed";
  }

  connect(): void {
    this.#chat.connect();
  }

  /** `done` once, in a later turn. Gives the id that it is sent under. */
  send(send: SimulatedSend, done: (outcome: SendOutcome) => void): MessageId {
    const { id, sent } = this.#send(send);
    sent.then(done, (error: unknown) => {
      const code = isChatError(error) ? error.code : "internal";
      done({ code, final: code !== "closed" });
    });
    return id;
  }

  /** Looks at a conversation's newest messages. */
  open(c: ConversationId): void {
    if (this.#windows.has(c)) return;
    const conversation = this.#chat.conversation(c);
    const window = conversation.messages();
    const undo = [window.subscribe(() => {}), this.#watchReceipts(c), conversation.typing.subscribe(() => {})];
    this.#windows.set(c, { window, undo });
  }

  /** Looks no longer. */
  shut(c: ConversationId): void {
    for (const undo of this.#windows.get(c)?.undo ?? []) undo();
    this.#windows.delete(c);
  }

  /** What is shown of it; null: nobody looks. */
  shown(c: ConversationId): ShownWindow | null {
    const view = this.#windows.get(c)?.window.current;
    const cursor = wiringOf(this.#chat).timelines.peek(c)?.timeline.cursor;
    if (view === undefined) return null;
    const { items, status, error } = view;
    const seqs = items.flatMap(({ seq }) => (seq === null ? [] : [seq]));
    return { epoch: cursor?.epoch ?? "", cursor: cursor?.seq ?? 0, seqs, status, ...defined({ error: error?.code }) };
  }

  /** Reads all that is here; gives the last seq of it, 0: nothing is. */
  markRead(c: ConversationId): number {
    this.#chat.conversation(c).markRead();
    return wiringOf(this.#chat).timelines.peek(c)?.timeline.cursor?.seq ?? 0;
  }

  /** Presses a key. */
  press(c: ConversationId): void {
    this.#chat.conversation(c).typing.press();
  }

  watch(c: ConversationId, user: UserId): void {
    if (this.#watched.has(user)) return;
    const presence = this.#chat.conversation(c).presence(user);
    const undo = presence.subscribe(({ status }) => status !== "unknown" && this.#observer.presence(user, status));
    this.#watched.set(user, undo);
  }

  activity(state: ActiveFrame["state"]): void {
    this.#chat.setActivity(state);
  }

  close(): Promise<void> {
    for (const undo of this.#watched.values()) undo();
    for (const c of [...this.#windows.keys()]) this.shut(c);
    return this.#chat.close();
  }

  #send(send: SimulatedSend): Outgoing {
    const conversation = this.#chat.conversation(send.c);
    switch (send.type) {
      case "message":
        return conversation.send(send.body, defined({ re: send.re }));
      case "edit":
        return conversation.edit(send.re, send.body);
      case "delete":
        return conversation.delete(send.re);
      case "react":
        return conversation.react(send.re, send.key);
    }
  }

  #watchReceipts(c: ConversationId): Undo {
    const { receipts } = this.#chat.conversation(c);
    let known: ReceiptsView["members"] = new Map();
    const show = ({ members }: ReceiptsView): void => {
      for (const [user, marks] of members) {
        const was = known.get(user);
        if (was?.delivered === marks.delivered && was.read === marks.read) continue;
        this.#observer.receipt(c, user, marks.delivered, marks.read);
      }
      known = members;
    };
    show(receipts.current);
    return receipts.subscribe(show);
  }
}
