import { type ConversationId, type GatewayFrame, isChatError, type UserId } from "@earshot/protocol";
import { LRUCache } from "lru-cache";
import { FIXED_LIMITS } from "../fixed-limits.ts";
import type { Clock, Timer } from "../ports/clock.ts";
import type { Logger } from "../ports/logger.ts";
import type { MessageStore } from "../ports/message-store.ts";
import type { EncodedFrames } from "../ports/transport.ts";

/** One that can be told to read. */
interface Reader {
  readonly user: UserId;
  tell(frames: EncodedFrames): void;
}

export interface AwaitedHereSurroundings<S extends Reader> {
  readonly store: Pick<MessageStore, "access">;
  readonly clock: Pick<Clock, "after">;
  readonly logger: Logger;
  readonly limits: { readonly rememberedMax: number };
  /** Whether there are no other nodes: then no event gets lost. */
  readonly alone: boolean;
  sessionsOf(user: UserId): readonly S[];
  encode(frame: GatewayFrame): EncodedFrames;
}

/** Users, and as of which members of which life of the log the store was asked last whether they are among them; null: not yet. */
type Awaiting = Map<UserId, string | null>;

/** Wait before the store is asked again when it could not answer. */
const ASK_AGAIN_MS = 1_000;

/**
 * Users here who asked for a conversation that is not theirs, or lost it here, and may get it yet: where the event
 * that lets them in got lost, and nobody here subscribed to it, its head is all that is heard of it (I9). When its
 * members may be others the store is asked, and who is one is told to read. Bounded: conversations unused for longest go first.
 */
export class AwaitedHere<S extends Reader> {
  readonly #house: AwaitedHereSurroundings<S>;
  readonly #awaiting: LRUCache<ConversationId, Awaiting>;
  /** Conversations of which the store is to be asked. */
  readonly #due = new Map<ConversationId, string>();
  #asking = false;
  #again: Timer | null = null;

  constructor(house: AwaitedHereSurroundings<S>) {
    this.#house = house;
    this.#awaiting = new LRUCache({ max: house.limits.rememberedMax, dispose: (_, c) => this.#due.delete(c) });
  }

  /** Conversations that somebody waits for. */
  get size(): number {
    return this.#awaiting.size;
  }

  /** Conversations that somebody waits for, those unused for longest last. */
  conversations(): Iterable<ConversationId> {
    return this.#awaiting.keys();
  }

  /** Who waits for it. */
  of(c: ConversationId): Iterable<UserId> {
    return this.#awaiting.peek(c)?.keys() ?? [];
  }

  /** It is not the user's, as they were just told. */
  add(c: ConversationId, user: UserId): void {
    if (this.#house.alone) return;
    const awaiting: Awaiting = this.#awaiting.get(c) ?? new Map();
    if (awaiting.size < FIXED_LIMITS.awaitedUsersMax && !awaiting.has(user)) awaiting.set(user, null);
    this.#awaiting.set(c, awaiting);
  }

  /** It is the user's, as this session knows, and their others may not. */
  came(c: ConversationId, session: S): void {
    const { user } = session;
    if (this.#forget(c, user)) this.#tell(c, user, session);
  }

  /** A session asks for events of it: by the answer it knows whether it is its user's. */
  async answered<Answer>(c: ConversationId, session: S, answer: Promise<Answer>): Promise<Answer> {
    try {
      const given = await answer;
      this.came(c, session);
      return given;
    } catch (error) {
      if (isChatError(error) && error.code === "not_found") this.add(c, session.user);
      throw error;
    }
  }

  /** Somebody says where it stands. */
  told({ c, epoch, membersVersion }: ToldMembers): void {
    const at = `${membersVersion} ${epoch}`;
    for (const [user, askedAt] of this.#awaiting.peek(c) ?? []) {
      if (this.#house.sessionsOf(user).length === 0) this.#forget(c, user);
      else if (askedAt !== at) this.#due.set(c, at);
    }
    if (!this.#asking && this.#due.size > 0) void this.#ask();
  }

  stop(): void {
    this.#again?.cancel();
    this.#due.clear();
  }

  async #ask(): Promise<void> {
    this.#asking = true;
    this.#again = null;
    const { logger, clock } = this.#house;
    try {
      for (let [next] = this.#due; next !== undefined; [next] = this.#due) {
        const [c, at] = next;
        await this.#look(c, at);
        if (this.#due.get(c) === at) this.#due.delete(c);
      }
      this.#asking = false;
    } catch (error) {
      if (isChatError(error) && error.code === "closed") return;
      logger.warn({}, "unable to read whose a conversation has become; trying again");
      this.#again = clock.after(ASK_AGAIN_MS, () => void this.#ask());
    }
  }

  async #look(c: ConversationId, at: string): Promise<void> {
    const users = [...(this.#awaiting.peek(c) ?? [])].filter(([, askedAt]) => askedAt !== at).map(([user]) => user);
    if (users.length === 0) return;
    const access = await this.#house.store.access(users.map((user) => ({ user, conversation: c })));
    const awaiting = this.#awaiting.peek(c);
    for (const [index, user] of users.entries()) {
      if (!awaiting?.has(user)) continue;
      // Who is told, and whom the host does not let read, is not told again and again.
      awaiting.set(user, at);
      if (access[index]) this.#tell(c, user, null);
    }
  }

  #forget(c: ConversationId, user: UserId): boolean {
    const awaiting = this.#awaiting.peek(c);
    if (awaiting?.delete(user) !== true) return false;
    if (awaiting.size === 0) this.#awaiting.delete(c);
    return true;
  }

  #tell(c: ConversationId, user: UserId, knows: S | null): void {
    const frames = this.#house.encode({ t: "lagging", c: [c] });
    for (const session of this.#house.sessionsOf(user)) if (session !== knows) session.tell(frames);
  }
}

interface ToldMembers {
  readonly c: ConversationId;
  readonly epoch: string;
  readonly membersVersion: number;
}
