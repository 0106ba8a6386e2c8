import { CLOSE, type CloseCode, type DeviceId, type SessionId, type UserId } from "@earshot/protocol";
import type { SessionEnvelope, Topic } from "../ports/bus.ts";

/** A session as other nodes are told of it. */
export interface ReplaceableSession {
  readonly id: SessionId;
  readonly user: UserId;
  readonly device: DeviceId;
  /** Rises with every attempt of the device; absent: null. */
  readonly attempt: number | null;
  readonly live: boolean;
  end(close: CloseCode): void;
}

export interface ReplacementsSurroundings<S> {
  sessionsOf(user: UserId): Iterable<S>;
  /** Resolves when this node hears what others say of the user. */
  listening(user: UserId): Promise<void>;
  tellNodes(topics: readonly Topic[], said: SessionEnvelope): void;
}

type Over = SessionEnvelope["over"];

/** What is to be done with a session here, when another node speaks of one of the same device. */
export type Outcome = "goes" | "nothing" | { readonly says: Over };

/**
 * Which of two sessions of one device goes: the lower attempt. Where attempts do not tell, the one that came first: the
 * lower id goes when it hears of the other, the higher asks first, and goes if the other has not heard of it. So of
 * two that come at the same time one stays, and only one side ever decides to go. `stayed`: this one has been said
 * to stay over the other. Pure.
 */
export function replacement(
  own: Pick<ReplaceableSession, "id" | "attempt">,
  other: Pick<SessionEnvelope, "session" | "attempt" | "over">,
  stayed: boolean,
): Outcome {
  const later = own.attempt === null || other.attempt === null ? 0 : own.attempt - other.attempt;
  if (later !== 0) return later < 0 ? "goes" : { says: null };
  const { over, session } = other;
  if (over?.of === own.id) return over.word === "stays" ? "goes" : { says: { of: session, word: "stays" } };
  if (over !== null || stayed) return "nothing";
  return own.id < session ? "goes" : { says: { of: session, word: "asks" } };
}

/**
 * Of one device one session stays in the whole cluster, though it may have come to two gateways. What is said of it is
 * a hint: where it is lost both stay until one falls silent, and a client heeds its newest alone.
 */
export class Replacements<S extends ReplaceableSession> {
  readonly #house: ReplacementsSurroundings<S>;
  /** Of a session here: those elsewhere over which it was said to stay. */
  readonly #stayed = new WeakMap<S, Set<SessionId>>();

  constructor(house: ReplacementsSurroundings<S>) {
    this.#house = house;
  }

  /** A session was let in. It is announced once this node hears what others answer. */
  async entered(session: S): Promise<void> {
    await this.#house.listening(session.user);
    if (session.live) this.#say(session, null);
  }

  /** Another node speaks of a session there. */
  heard(other: SessionEnvelope): void {
    for (const session of [...this.#house.sessionsOf(other.user)]) {
      if (session.device === other.device && session.id !== other.session) this.#meet(session, other);
    }
  }

  #meet(session: S, other: SessionEnvelope): void {
    const stayed = this.#stayed.get(session);
    const outcome = replacement(session, other, stayed?.has(other.session) ?? false);
    if (outcome === "goes") session.end(CLOSE.replaced);
    if (typeof outcome === "string") return;
    if (outcome.says?.word === "stays") this.#stayed.set(session, (stayed ?? new Set<SessionId>()).add(other.session));
    this.#say(session, outcome.says);
  }

  #say({ user, device, id, attempt }: S, over: Over): void {
    this.#house.tellNodes([`u:${user}`], { kind: "session", user, device, session: id, attempt, over });
  }
}
