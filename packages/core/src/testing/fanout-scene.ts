import type { EventRow, GatewayFrame, Mode, Role, SubscribedFrame } from "@earshot/protocol";
import { encode, encodeEvents } from "../codec/encode.ts";
import { AnsweredSends } from "../fanout/answered-sends.ts";
import { Audiences } from "../fanout/audience.ts";
import type { FannedEvents } from "../fanout/fanned-events.ts";
import { Fanout } from "../fanout/fanout.ts";
import type { Recipient } from "../fanout/handover.ts";
import type { FanoutArrival } from "../fanout/legs.ts";
import { Modes } from "../fanout/modes.ts";
import { openSubscription } from "../fanout/open-subscription.ts";
import { Subscriptions } from "../fanout/subscriptions.ts";
import type { MessageStore } from "../ports/message-store.ts";
import type { EncodedFrames } from "../ports/transport.ts";
import { memoryStore } from "../store/memory-message-store.ts";
import { silentLogger } from "../system/silent-logger.ts";
import { conversation, message } from "./conformance/message-store/entries.ts";
import { ManualClock } from "./manual-clock.ts";

/** A session that notes what it is told. */
export class Recorder implements Recipient {
  readonly user: string;
  readonly delivered: FannedEvents[] = [];
  /** Seqs of events, and what else it was told, in the order it came. */
  readonly told: (number | "gone" | "subscribed" | "lagging")[] = [];

  constructor(user: string) {
    this.user = user;
  }

  deliver(events: FannedEvents): void {
    this.delivered.push(events);
    const frames = events.joined.texts.map((text) => JSON.parse(text) as { seq: number });
    if (events.events.map(({ row }) => row.seq).join() !== frames.map(({ seq }) => seq).join()) {
      throw new Error("what is written together is not what was delivered");
    }
    this.told.push(...frames.map(({ seq }) => seq));
  }

  lose(_c: string, frames: EncodedFrames): void {
    for (const text of frames.texts) {
      const frame = JSON.parse(text) as GatewayFrame;
      if (frame.t !== "events" || !("gone" in frame)) throw new Error(`told ${text}`);
      this.told.push("gone");
    }
  }

  tell(frames: EncodedFrames): void {
    for (const text of frames.texts) this.told.push((JSON.parse(text) as { t: "subscribed" | "lagging" }).t);
  }
}

export const USERS = ["alice", "bob", "carol", "dave"];

/** A `Fanout` over a memory store: everybody has a session on this node; `c1` is alice's and bob's. */
export async function fanoutOver(
  lists?: (store: MessageStore) => Pick<MessageStore, "members" | "access">,
  {
    mode = "push",
    subscribingEventsMax = 100,
    heldEventsMax = 1_000,
    fanoutSliceSessionsMax = 1_000,
  }: {
    mode?: Mode;
    subscribingEventsMax?: number;
    heldEventsMax?: number;
    fanoutSliceSessionsMax?: number;
  } = {},
) {
  const store = memoryStore();
  await store.open();
  await store.create({ ...conversation("c1"), mode });
  const epoch = (await store.access([{ user: "alice", conversation: "c1" }]))[0]?.epoch ?? "";
  const sessions = new Map(USERS.map((user) => [user, [new Recorder(user)]]));
  const remembered: number[] = [];
  let encodings = 0;
  const clock = new ManualClock();
  const subscriptions = new Subscriptions<Recorder, FannedEvents>({ subscriptionsMax: 10, subscribingEventsMax });
  const limits = {
    rememberedMax: 10,
    answeredSendsMax: 10,
    rememberedMembersMax: 1_000,
    heldEventsMax,
    fanoutSliceSessionsMax,
  };
  const forgotten: string[] = [];
  const unheard: string[] = [];
  const left: unknown[] = [];
  /** Sessions whose users the store said to be members, and as of which seq. */
  const rights = new Map<Recorder, number>();
  const repeated = new AnsweredSends<Recorder>(clock, limits);
  const fanout = new Fanout<Recorder>({
    clock,
    audiences: new Audiences({ store: lists?.(store) ?? store, limits }),
    modes: new Modes({ store, limits }),
    subscriptions,
    logger: silentLogger,
    limits,
    sessionsOf: (user) => sessions.get(user) ?? [],
    encodeEvents: (...given) => {
      encodings++;
      return encodeEvents(...given);
    },
    encode,
    readTo: () => 0,
    rightsAt: (session) => rights.get(session) ?? 0,
    origins: (...given) => repeated.origins(...given),
    remember: ({ events }) => remembered.push(...events.map(({ row }) => row.seq)),
    unheard: (c) => unheard.push(c),
    forget: (c) => forgotten.push(c),
    left: (c, users) => left.push([c, users]),
  });
  const origins: AnsweredSends<Recorder>["origins"] = (...given) => repeated.origins(...given);
  const open = (session: Recorder) => openSubscription({ subscriptions, origins, encode }, session, "c1");
  /** Subscribes as of now. */
  const subscribe = async (session: Recorder) => {
    const opening = open(session);
    const [access] = await store.access([{ user: session.user, conversation: "c1" }]);
    return opening.activate(access ?? { epoch: "", head: 0 }, () => ({ t: "subscribed" }) as SubscribedFrame);
  };
  const append = async (entry: Parameters<MessageStore["append"]>[0][number]) => {
    const [result] = await store.append([entry]);
    if (result?.kind !== "event") throw new Error(`refused: ${JSON.stringify(result)}`);
    return result;
  };
  const say = () => append(message("c1", "alice", "hi"));
  const change = async (...changes: readonly (readonly [string, Role | null])[]) => {
    const ifMembersVersion = (await store.members("c1", null, 1))?.membersVersion ?? 0;
    const { key: _, ...entry } = message("c1", "alice", "");
    return append({ ...entry, type: "member", members: changes, body: { members: changes }, ifMembersVersion });
  };
  const to = async (mode: Mode) => {
    const ifSettingsVersion = (await store.settings("c1"))?.settingsVersion ?? 0;
    const { key: _, ...entry } = message("c1", "alice", "");
    return append({ ...entry, type: "meta", body: { mode }, settings: { mode }, ifSettingsVersion });
  };
  /** What was appended, as one arrival that does not say how it travels. */
  const arrival = (
    results: readonly { readonly row: EventRow; readonly membersVersion: number }[],
    origins?: readonly (object | null)[],
  ): FanoutArrival => ({
    c: "c1",
    epoch,
    rows: results.map(({ row }) => row),
    membersVersion: results.at(-1)?.membersVersion ?? 0,
    ...(origins === undefined ? {} : { origins }),
  });
  const of = (user: string, index = 0): Recorder => {
    const session = sessions.get(user)?.[index];
    if (session === undefined) throw new Error(`no session of ${user}`);
    return session;
  };
  const told = { remembered, unheard, forgotten, left };
  return {
    store,
    clock,
    fanout,
    sessions,
    of,
    say,
    change,
    to,
    arrival,
    ...told,
    encodings: () => encodings,
    subscriptions,
    repeated,
    rights,
    open,
    subscribe,
    epoch,
  };
}
