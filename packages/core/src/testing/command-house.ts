import { type ConversationId, isChatError, type Role, type UserId } from "@earshot/protocol";
import type { Caller } from "../engine/caller.ts";
import { Changes } from "../engine/changes.ts";
import { HostQueue } from "../engine/host-queue.ts";
import { type Committed, Sequencer } from "../engine/sequencer.ts";
import { membersPolicy } from "../fanout/fanout-policy.ts";
import { DEFAULT_LIMITS, DEFAULT_PERMISSIONS, type EngineLimits, type Permissions } from "../options.ts";
import type { Authorize } from "../ports/authorize.ts";
import type { NewConversation } from "../ports/conversation-settings.ts";
import type { FanoutPolicy } from "../ports/fanout-policy.ts";
import type { MessageStore } from "../ports/message-store.ts";
import { memoryStore } from "../store/memory-message-store.ts";
import { silentLogger } from "../system/silent-logger.ts";
import { sign } from "../system/system-crypto.ts";
import { conversation } from "./conformance/message-store/entries.ts";
import { logOf } from "./conformance/message-store/readings.ts";
import { hostOfTest } from "./host-of-test.ts";
import { ManualClock } from "./manual-clock.ts";

/** One of each role. */
const MEMBERS: readonly (readonly [UserId, Role])[] = [
  ["olga", "owner"],
  ["adam", "admin"],
  ["max", "member"],
  ["mia", "member"],
  ["rita", "reader"],
];

export interface CommandHouseOptions {
  readonly made?: Partial<NewConversation>;
  readonly limits?: Partial<EngineLimits>;
  readonly permissions?: Partial<Permissions>;
  readonly authorize?: Authorize;
  readonly fanout?: FanoutPolicy;
}

/** What the engine's commands need, over a memory store with one conversation, `c1`, of olga, adam, max, mia and rita. */
export async function commandHouse(options: CommandHouseOptions = {}) {
  const { made, limits: given, permissions: may, authorize, fanout = membersPolicy() } = options;
  const store: MessageStore = memoryStore();
  await store.open();
  await store.create(conversation("c1", { creator: "olga", members: MEMBERS, ...made }));
  const clock = new ManualClock();
  const limits = { ...DEFAULT_LIMITS, ...given };
  const permissions = { ...DEFAULT_PERMISSIONS, ...may };
  const told: Committed[] = [];
  const committed = (batch: readonly Committed[]): void => {
    told.push(...batch);
  };
  const hostQueue = new HostQueue();
  const refused = (order: object, wait: number): void => hostQueue.refused(order, wait);
  const logger = silentLogger;
  const sequencer = new Sequencer({ store, clock, logger, limits, committed, found: () => {}, refused });
  const changes = new Changes(limits);
  const keyedHash = (text: string): string => sign("key", text);
  const { host, access } = hostOfTest(store, { clock, ...(authorize === undefined ? {} : { authorize }) });
  const own = { store, clock, logger, limits, permissions, fanout };
  const house = { ...own, sequencer, hostQueue, host, access, changes, keyedHash };

  /** Runs a command to its end: what it gives, or the code it was refused with. */
  const outcomeOf = async <Outcome>(command: Promise<Outcome>): Promise<Outcome | string> => {
    const outcome = command.catch((error: unknown) => (isChatError(error) ? error.code : String(error)));
    await clock.settle();
    return outcome;
  };
  /** Events above the creation: type, author, body. */
  const events = async (c: ConversationId = "c1") =>
    (await logOf(store, c)).rows.slice(1).map(({ type, from, body }) => ({ type, from, body }));
  const members = async (c: ConversationId = "c1") => (await store.members(c, null, 20_000))?.members;
  return { house, store, clock, told, outcomeOf, events, members };
}

/** Who asks, over HTTP. */
export function by(user: UserId): Caller {
  return { user, claims: null, origin: null };
}

/** A store in which something happens right behind the first reading of rights. */
export function whileReading(store: MessageStore, happens: () => Promise<unknown>): MessageStore {
  let done = false;
  return new Proxy(store, {
    get: (target, name: keyof MessageStore) => {
      if (name === "access") {
        return async (...given: Parameters<MessageStore["access"]>) => {
          const access = await target.access(...given);
          if (!done) {
            done = true;
            await happens();
          }
          return access;
        };
      }
      const value: unknown = target[name];
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
