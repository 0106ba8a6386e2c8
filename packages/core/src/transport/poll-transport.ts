import { ChatError, type SessionId } from "@earshot/protocol";
import type { PeerRequest } from "../ports/authenticate.ts";
import type { Random } from "../ports/random.ts";
import type { Connection, ConnectionListener } from "../ports/transport.ts";
import type { NotAdmitted } from "./admission.ts";
import { PollConnection, type PollConnectionSurroundings } from "./poll-connection.ts";
import type { Poll, PollAnswer } from "./poll-exchange.ts";
import type { PollStream } from "./poll-stream.ts";

export interface PollTransportSurroundings extends Pick<PollConnectionSurroundings, "clock"> {
  readonly limits: PollConnectionSurroundings["limits"] & { readonly closedPollsMax: number };
  /** The session that a new connection talks to. */
  accept(connection: Connection): ConnectionListener & { readonly id: SessionId };
  /** Why nobody can come in now, or null. */
  closedBecause(): string | null;
  /** Takes one more of an address in, or says why not: null if it may come. */
  admit(address: string): NotAdmitted | null;
  readonly random: Pick<Random, "bytes">;
  /** In constant time. */
  equal(a: string, b: string): boolean;
  /** Deadlines are looked at once a second. */
  readonly sweeper: { add(swept: Swept): void; remove(swept: Swept): void };
}

interface Swept {
  sweep(now: number): void;
}

const SECRET_BYTES = 32;

/** What a client shows to be taken for its session. */
export interface ShownSession {
  readonly session: SessionId;
  readonly secret: string;
}

/** Sessions by long polling and streams: whose request is it, and may it? HTTP is not its business. */
export class PollTransport {
  readonly #house: PollTransportSurroundings;
  readonly #connections = new Map<SessionId, PollConnection>();
  /** Those that are closed and kept for who has not heard of it, the earliest first. */
  readonly #closed = new Set<PollConnection>();

  constructor(house: PollTransportSurroundings) {
    this.#house = house;
  }

  /** Sessions that polls are taken for, those included that are closed and whose client may not know it yet. */
  get size(): number {
    return this.#connections.size;
  }

  /**
   * Opens a session by its first poll, and resolves with the answer: the welcome, or a close. Rejects with
   * `unavailable` or `rate_limited` if nobody more may come in. `signal`: the client waits no longer.
   */
  async open(request: PeerRequest, frames: readonly string[], signal: AbortSignal): Promise<PollAnswer> {
    const closed = this.#house.closedBecause();
    if (closed !== null) throw refusal({ code: "unavailable", detail: closed, retryAfterSeconds: 1 });
    const refused = this.#house.admit(request.address);
    if (refused !== null) throw refusal(refused);
    const connection = new PollConnection(
      {
        clock: this.#house.clock,
        limits: this.#house.limits,
        closed: (one) => this.#keepClosed(one),
        ended: (one) => this.#forget(one),
      },
      request,
      Buffer.from(this.#house.random.bytes(SECRET_BYTES)).toString("base64url"),
    );
    const session = this.#house.accept(connection);
    connection.start(session);
    this.#connections.set(session.id, connection);
    this.#house.sweeper.add(connection);
    // Without a frame it is a bad hello like any other.
    return connection.poll({ k: 1, frames: frames.length > 0 ? frames : [""], waits: true }, signal);
  }

  /** Takes a poll of an open session; null: this gateway knows no such session. Rejects as `PollConnection.poll`. */
  async poll(shown: ShownSession, poll: Poll, signal: AbortSignal): Promise<PollAnswer> {
    return this.#find(shown)?.poll(poll, signal) ?? null;
  }

  /** Begins a stream of an open session; null: this gateway knows no such session. */
  stream(shown: ShownSession): PollStream | null {
    return this.#find(shown)?.openStream() ?? null;
  }

  /** Ends what is left. The sessions have ended already. */
  close(): void {
    for (const connection of [...this.#connections.values()]) connection.end();
  }

  #find({ session, secret }: ShownSession): PollConnection | undefined {
    const connection = this.#connections.get(session);
    return connection !== undefined && this.#house.equal(connection.secret, secret) ? connection : undefined;
  }

  #keepClosed(connection: PollConnection): void {
    this.#closed.add(connection);
    const [earliest] = this.#closed;
    if (this.#closed.size > this.#house.limits.closedPollsMax) earliest?.end();
  }

  #forget(connection: PollConnection): void {
    this.#closed.delete(connection);
    this.#house.sweeper.remove(connection);
    this.#connections.delete(connection.id);
  }
}

function refusal({ code, detail, retryAfterSeconds }: NotAdmitted): ChatError {
  return new ChatError(code, `unable to take poll; ${detail}`, { retryAfterMs: retryAfterSeconds * 1_000 });
}
