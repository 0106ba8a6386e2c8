import type { UserId } from "@earshot/protocol";
import type { DevicePart, PresencePart, SessionPart, WorldPart } from "./model-parts.ts";

/** How long a session counts after its end: after a goodbye, a cut, and with its gateway, in ms. */
const GRACE_MS = { clean: 5_000, cut: 45_000, dead: 30_000 } as const;

/** Who is there, as it has to be told. */
export class ModelPresence implements PresencePart {
  readonly #world: WorldPart;
  /** Until when a user counts as there; infinite for each session that lives. */
  readonly #until = new Map<UserId, Map<SessionPart, number>>();

  constructor(world: WorldPart) {
    this.#world = world;
  }

  come(session: SessionPart): void {
    const { user } = session.device;
    const until = this.#until.get(user) ?? new Map<SessionPart, number>();
    this.#until.set(user, until);
    until.set(session, Number.POSITIVE_INFINITY);
  }

  go(session: SessionPart, how: keyof typeof GRACE_MS): void {
    const until = this.#until.get(session.device.user);
    if (until?.has(session)) until.set(session, this.#world.now + GRACE_MS[how]);
  }

  /** Once a second: whoever watches is told what has changed. */
  tick(): void {
    for (const session of this.#world.sessions) if (session.welcomed) this.tell(session);
    this.#world.after(1_000, () => this.tick());
  }

  /** What a session has not been told yet. */
  tell(session: SessionPart): void {
    for (const user of watched(this.#world, session.device)) {
      const status = this.#isThere(user) ? "online" : "offline";
      if (session.told.get(user) === status) continue;
      session.told.set(user, status);
      session.tellPresence(user, status);
    }
  }

  #isThere(user: UserId): boolean {
    for (const until of this.#until.get(user)?.values() ?? []) if (until > this.#world.now) return true;
    return false;
  }
}

/** Everybody with whom a device's user shares a conversation. */
function watched({ logs }: WorldPart, { user }: DevicePart): ReadonlySet<UserId> {
  const users = new Set<UserId>();
  for (const log of logs.values()) {
    if (!log.isMember(user)) continue;
    for (const other of log.users()) if (other !== user && log.isMember(other)) users.add(other);
  }
  return users;
}
