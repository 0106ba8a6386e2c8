import {
  ChatError,
  CLOSE,
  type CloseCode,
  isChatError,
  type NodeId,
  type SessionId,
  type UserId,
} from "@earshot/protocol";
import type { KickEnvelope, Topic } from "../ports/bus.ts";
import type { Clock } from "../ports/clock.ts";

/** Sessions, and the nodes they are on. */
type Elsewhere = readonly { readonly session: SessionId; readonly node: NodeId }[];

export interface KicksSurroundings {
  readonly clock: Pick<Clock, "after" | "monotonic">;
  readonly limits: { readonly kickWithinMs: number };
  /** The user's sessions on this node. */
  sessionsOf(user: UserId): Iterable<{ readonly id: SessionId; end(close: CloseCode): void }>;
  /** Their sessions on other nodes, as the registry has them. Rejects as it does. */
  elsewhere(user: UserId): Promise<Elsewhere>;
  tellNodes(topics: readonly Topic[], said: KickEnvelope): void;
}

/** Waits between two looks: a node that heard is done within ms. */
const LOOK_FIRST_MS = 20;
const LOOK_MAX_MS = 500;
/** Time between two words to the other nodes. */
const TELL_EVERY_MS = 1_000;

/** Ends a user's sessions, on every node. */
export class Kicks {
  readonly #house: KicksSurroundings;

  constructor(house: KicksSurroundings) {
    this.#house = house;
  }

  /**
   * Ends the sessions here at once, tells the other nodes, and waits until those that the registry knew of when it
   * was asked first have gone from it. Rejects with `unavailable` when that takes too long, or the registry does
   * not answer; `closed` as it does.
   */
  async kick(user: UserId): Promise<void> {
    const { clock, limits } = this.#house;
    const began = clock.monotonic();
    this.#end(user, null);
    this.#tell(user, null);
    let told = began;
    let known: ReadonlySet<SessionId> | null = null;
    for (let waitMs = LOOK_FIRST_MS; ; waitMs = Math.min(2 * waitMs, LOOK_MAX_MS)) {
      const found = await this.#look(user, began + limits.kickWithinMs - clock.monotonic());
      known ??= found && new Set(found.map(({ session }) => session));
      const left = found?.filter(({ session }) => known?.has(session)) ?? null;
      if (left?.length === 0) return;
      const now = clock.monotonic();
      if (now - began >= limits.kickWithinMs) throw notGone(left);
      if (now - told >= TELL_EVERY_MS) {
        told = now;
        this.#tell(user, left?.map(({ session }) => session) ?? (known && [...known]));
      }
      await this.#wait(Math.min(waitMs, began + limits.kickWithinMs - now));
    }
  }

  /** Another node says that the user has to go. */
  heard({ user, sessions }: KickEnvelope): void {
    this.#end(user, sessions);
  }

  #end(user: UserId, only: readonly SessionId[] | null): void {
    for (const session of [...this.#house.sessionsOf(user)]) {
      if (only === null || only.includes(session.id)) session.end(CLOSE.forbidden);
    }
  }

  #tell(user: UserId, sessions: readonly SessionId[] | null): void {
    this.#house.tellNodes([`u:${user}`], { kind: "kick", user, sessions });
  }

  /** null: the registry does not answer now. Rejects with `closed` as it does. */
  #look(user: UserId, withinMs: number): Promise<Elsewhere | null> {
    return new Promise((resolve, reject) => {
      const timer = this.#house.clock.after(withinMs, () => resolve(null));
      const failed = (error: unknown) =>
        isChatError(error) && error.code === "closed" ? reject(error) : resolve(null);
      this.#house
        .elsewhere(user)
        .then(resolve, failed)
        .finally(() => timer.cancel());
    });
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => this.#house.clock.after(ms, resolve));
  }
}

function notGone(left: readonly { readonly node: NodeId }[] | null): ChatError {
  const nodes = [...new Set(left?.map(({ node }) => node))].sort();
  const why = left === null ? "the registry of sessions does not answer" : `${nodes.join(", ")} did not let go of them`;
  return new ChatError("unavailable", `unable to kick user from every node; ${why}; call it again`, {
    retryAfterMs: 1_000,
    details: { nodes },
  });
}
