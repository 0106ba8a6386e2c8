import { type ConversationId, type PresenceFrame, type PresenceRow, parseJson, type UserId } from "@earshot/protocol";
import { encode } from "../codec/encode.ts";
import type { Activity, PresenceSession, PresenceStore } from "../ports/presence-store.ts";
import type { EncodedFrames } from "../ports/transport.ts";
import { MemoryPresenceRegistry, memoryPresence } from "../presence/memory-presence-store.ts";
import { PresenceBoard, type PresenceBoardSurroundings } from "../presence/presence-board.ts";
import type { PresenceWatcher } from "../presence/presence-news.ts";
import { PresenceTracker } from "../presence/presence-tracker.ts";
import { ManualClock } from "./manual-clock.ts";

const HEARTBEAT_MS = 20_000;
const quiet = { debug() {}, info() {}, warn() {}, error() {} };

/** A session that watches, and what it was told. */
export class SceneWatcher implements PresenceWatcher {
  readonly user: UserId;
  readonly claims = null;
  readonly #clock: ManualClock;
  readonly #waiting: (() => void)[] = [];
  /** Frames since they were last taken. */
  #frames: PresenceFrame[] = [];
  /** What it would show. */
  readonly view = new Map<UserId, PresenceRow>();
  /** Every row, with when it came. */
  readonly told: { readonly at: number; readonly row: PresenceRow }[] = [];
  full = false;

  constructor(user: UserId, clock: ManualClock) {
    this.user = user;
    this.#clock = clock;
  }

  drained(): Promise<void> {
    return this.full ? new Promise((resolve) => this.#waiting.push(resolve)) : Promise.resolve();
  }

  drain(): void {
    this.full = false;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  tell(frames: EncodedFrames): void {
    for (const text of frames.texts) {
      const frame = parseJson(text) as unknown as PresenceFrame;
      this.#frames.push(frame);
      this.see(frame.users);
    }
  }

  see(rows: readonly PresenceRow[]): void {
    for (const row of rows) {
      this.view.set(row.user, row);
      this.told.push({ at: this.#clock.monotonic(), row });
    }
  }

  take(): readonly PresenceFrame[] {
    return this.#frames.splice(0);
  }
}

/** One gateway: tracker and board over a store that it shares with others. */
export async function presenceNode(
  {
    clock,
    registry,
    node,
    store = memoryPresence(registry),
    confirm = null,
  }: {
    readonly clock: ManualClock;
    readonly registry: MemoryPresenceRegistry;
    readonly node: string;
    readonly store?: PresenceStore;
    readonly confirm?: PresenceBoardSurroundings["confirm"];
  },
  subscriptionsMax = 200,
) {
  const house = { node, store, clock, logger: quiet };
  const tracker = new PresenceTracker({
    ...house,
    limits: { heartbeatMs: HEARTBEAT_MS },
    changed: (user) => board.changed([user]),
    failed: () => board.troubled(),
  });
  const registered = { ...house, here: (user: UserId) => tracker.of(user) };
  const board = new PresenceBoard({
    limits: { subscriptionsMax },
    ...registered,
    confirm,
    encode,
  });
  await store.open();
  await tracker.start();
  board.start();
  const enter = (id: string, user: UserId, { device = `d-${id}`, activity = "active" as Activity } = {}) => {
    const session: PresenceSession = { session: id, user, device, activity };
    tracker.enter(session);
    return session;
  };
  const bye = (session: PresenceSession) => tracker.leave(session, { clean: true, heardAt: clock.monotonic() });
  const lose = (session: PresenceSession, heardAt = clock.monotonic()) =>
    tracker.leave(session, { clean: false, heardAt });
  /** Asks as a session does, with every right. */
  const watch = async (watcher: SceneWatcher, c: ConversationId, users: readonly UserId[]) => {
    const rows = await board.open(watcher, c, users).allow(users);
    watcher.see(rows);
    return rows;
  };
  return { node, store, tracker, board, registered, enter, bye, lose, watch };
}

export async function presenceScene(subscriptionsMax = 200) {
  const clock = new ManualClock();
  const registry = new MemoryPresenceRegistry(clock);
  const gateway = await presenceNode({ clock, registry, node: "n1" }, subscriptionsMax);
  const watcher = (user: UserId) => new SceneWatcher(user, clock);
  return { clock, registry, watcher, ...gateway };
}
