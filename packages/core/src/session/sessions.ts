import { CLOSE, type CloseCode, type UserId } from "@earshot/protocol";
import type { Connection } from "../ports/transport.ts";
import type { Sweeper, Swept } from "./heartbeat.ts";
import { type RegisteredSession, SessionRegistry } from "./session-registry.ts";
import type { Farewell } from "./session-surroundings.ts";

/** A session as the house sees it come and go. */
export interface HousedSession extends RegisteredSession, Swept {
  readonly address: string;
  end(close: CloseCode): void;
}

export interface SessionsSurroundings<S extends HousedSession> {
  readonly limits: { readonly connectionsMax: number; readonly connectionsPerUserMax: number };
  /** Has all sessions, so that no second list of them is kept. */
  readonly sweeper: Pick<Sweeper<S>, "add" | "remove" | "all">;
  /** Counts addresses. */
  readonly admission: { enter(address: string): void; leave(address: string): void };
  make(connection: Connection): S;
  /** Whether what it was opened with has not been revoked since. */
  holds(session: S): boolean;
  /** It has said who it is, and stays. `first`: the user had none here. */
  entered(session: S, first: boolean): void;
  /** It has ended, after it had said who it is. `last`: the user has none left here. */
  left(session: S, farewell: Farewell, last: boolean): void;
}

/** All sessions of this node, of whatever transport, from their first byte to their end. */
export class Sessions<S extends HousedSession> {
  readonly #house: SessionsSurroundings<S>;
  readonly #registry: SessionRegistry<S>;

  constructor(house: SessionsSurroundings<S>) {
    this.#house = house;
    this.#registry = new SessionRegistry(house.limits.connectionsPerUserMax);
  }

  /** Also those that have not said who they are. */
  get all(): ReadonlySet<S> {
    return this.#house.sweeper.all;
  }

  /** Users that have a session here. */
  get users(): number {
    return this.#registry.size;
  }

  of(user: UserId): readonly S[] {
    return this.#registry.of(user);
  }

  /** Takes in one connection. */
  accept(connection: Connection): S {
    const session = this.#house.make(connection);
    this.#house.admission.enter(session.address);
    this.#house.sweeper.add(session);
    return session;
  }

  /** The session has said who it is: takes it in, or says with which code it has to go. */
  enter(session: S): CloseCode | null {
    if (this.all.size > this.#house.limits.connectionsMax) return CLOSE.overloaded;
    if (!this.#house.holds(session)) return CLOSE.expired;
    const registered = this.#registry.add(session);
    if (registered.kind === "replaced") return CLOSE.replaced;
    if (registered.kind === "too many") return CLOSE.tooManyConnections;
    for (const other of registered.replaced) other.end(CLOSE.replaced);
    this.#house.entered(session, registered.firstOfUser);
    return null;
  }

  leave(session: S, farewell: Farewell): void {
    this.#house.sweeper.remove(session);
    this.#house.admission.leave(session.address);
    if (session.user !== "") this.#house.left(session, farewell, this.#registry.remove(session));
  }
}
