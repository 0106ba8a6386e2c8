import type { DeviceId, UserId } from "@earshot/protocol";

/** What the registry knows a session by. */
export interface RegisteredSession {
  readonly user: UserId;
  readonly device: DeviceId;
  /** Rises with every attempt of the device; absent: null. */
  readonly attempt: number | null;
}

/** What became of a newcomer. */
export type Registration<S> =
  | { readonly kind: "in"; readonly replaced: readonly S[]; readonly firstOfUser: boolean }
  /** A later attempt of the same device is here already (4504). */
  | { readonly kind: "replaced" }
  /** The user has too many sessions here (4505). */
  | { readonly kind: "too many" };

const NONE: readonly never[] = [];

/** User → sessions on this node. Of one device only the highest attempt stays; equal or unknown: the last to arrive. */
export class SessionRegistry<S extends RegisteredSession> {
  readonly #users = new Map<UserId, S[]>();
  readonly #perUserMax: number;

  constructor(perUserMax: number) {
    this.#perUserMax = perUserMax;
  }

  /** Users that have a session here. */
  get size(): number {
    return this.#users.size;
  }

  of(user: UserId): readonly S[] {
    return this.#users.get(user) ?? NONE;
  }

  add(session: S): Registration<S> {
    const known = this.of(session.user);
    const same = known.filter((other) => other.device === session.device);
    if (
      session.attempt !== null &&
      same.some((other) => other.attempt !== null && other.attempt > (session.attempt ?? 0))
    ) {
      return { kind: "replaced" };
    }
    if (known.length - same.length >= this.#perUserMax) return { kind: "too many" };
    // A list that is spread into has room for sixteen more, and nearly everybody has one session.
    const others = known.filter((other) => !same.includes(other));
    this.#users.set(session.user, others.length === 0 ? [session] : [...others, session]);
    return { kind: "in", replaced: same, firstOfUser: known.length === 0 };
  }

  /** Whether it was the user's last one. */
  remove(session: S): boolean {
    const known = this.of(session.user);
    if (!known.includes(session)) return false;
    const left = known.filter((other) => other !== session);
    if (left.length > 0) this.#users.set(session.user, left);
    else this.#users.delete(session.user);
    return left.length === 0;
  }
}
