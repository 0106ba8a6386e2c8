import { ChatError, type ConversationId, isId, isUserId, type SessionId, type UserId } from "@earshot/protocol";
import type { Clock } from "../ports/clock.ts";
import type { Asking } from "../ports/commands.ts";
import type { Retention } from "../ports/conversation-settings.ts";
import { Actor, type ActorSurroundings } from "./actor.ts";
import { Drafts, type DraftsSurroundings } from "./drafts.ts";
import { type EraseSurroundings, eraseUser } from "./erase-user.ts";
import { type Exported, type ExportSurroundings, exportUser } from "./export-user.ts";
import type { Followed, FollowOptions, FollowSurroundings } from "./follow.ts";
import { Followers } from "./followers.ts";
import { type Imported, type ImportMessage, type ImportSurroundings, importMessages } from "./import-messages.ts";
import { Kicks, type KicksSurroundings } from "./kicks.ts";
import { type RetentionSurroundings, RetentionWalk } from "./retention.ts";
import { type RevocableSession, Revocations, type RevocationsSurroundings } from "./revocations.ts";
import { Waiters } from "./waiters.ts";

export interface HostSurroundings
  extends Omit<ActorSurroundings, "waiters" | "drafts" | "commands" | "clock" | "limits" | "newId">,
    Omit<DraftsSurroundings, "store" | "clock" | "limits" | "commands" | "sequencer">,
    Omit<FollowSurroundings, "store" | "limits">,
    Omit<RevocationsSurroundings, "store" | "clock" | "limits" | "sessionsOf" | "tellNodes">,
    Omit<KicksSurroundings, "clock" | "limits" | "sessionsOf" | "tellNodes">,
    Omit<ImportSurroundings, "store" | "sequencer">,
    Omit<RetentionSurroundings, "store" | "clock" | "limits" | "retention">,
    Pick<EraseSurroundings, "changes" | "forget"> {
  readonly commands: ActorSurroundings["commands"] & DraftsSurroundings["commands"];
  readonly store: DraftsSurroundings["store"] &
    FollowSurroundings["store"] &
    RevocationsSurroundings["store"] &
    RetentionSurroundings["store"] &
    EraseSurroundings["store"] &
    ExportSurroundings["store"];
  readonly clock: Clock;
  readonly limits: ActorSurroundings["limits"] &
    DraftsSurroundings["limits"] &
    FollowSurroundings["limits"] &
    RevocationsSurroundings["limits"] &
    RetentionSurroundings["limits"] &
    KicksSurroundings["limits"];
  readonly sequencer: ImportSurroundings["sequencer"] &
    EraseSurroundings["sequencer"] &
    DraftsSurroundings["sequencer"];
  newId(): string;
  sessionsOf(user: UserId): Iterable<RevocableSession & { readonly id: SessionId }>;
  tellNodes: RevocationsSurroundings["tellNodes"] & KicksSurroundings["tellNodes"];
  /** The user id that the host itself writes as. */
  readonly system: UserId;
  readonly retention: Retention | null;
}

/** What the host does in process, and for itself: one a gateway. */
export class Host {
  readonly revocations: Revocations;
  readonly kicks: Kicks;
  readonly drafts: Drafts;
  /** The host itself. */
  readonly system: Actor;
  readonly #house: HostSurroundings;
  readonly #bySystem: Asking;
  readonly #waiters = new Waiters();
  readonly #followers: Followers;
  readonly #retention: RetentionWalk;

  constructor(house: HostSurroundings) {
    this.#house = house;
    this.#bySystem = { user: house.system, claims: null, system: true };
    this.revocations = new Revocations(house);
    this.kicks = new Kicks(house);
    this.drafts = new Drafts(house);
    this.#followers = new Followers(house);
    this.#retention = new RetentionWalk(house);
    this.system = this.#actor(this.#bySystem);
  }

  /** A user, with their rights and rates. Throws `invalid` for what is no user id. */
  as(user: UserId): Actor {
    return this.#actor({ user, claims: null });
  }

  follow(options: FollowOptions): AsyncIterableIterator<readonly Followed[], void, undefined> {
    return this.#followers.follow(options);
  }

  async kick(user: UserId): Promise<void> {
    requireUser(user, "kick user");
    await this.kicks.kick(user);
  }

  async revoke(user: UserId): Promise<void> {
    requireUser(user, "revoke user");
    await this.revocations.revoke(user);
  }

  export(user: UserId): AsyncGenerator<Exported, void, undefined> {
    requireUser(user, "export user");
    return exportUser(this.#house, user);
  }

  async erase(user: UserId): Promise<void> {
    requireUser(user, "erase user");
    const { commands, system } = this.#house;
    await eraseUser(
      {
        ...this.#house,
        systemUser: system,
        leave: (c, who) => commands.changeMembers(this.#bySystem, c, [[who, null]]),
        revoke: (who) => this.revocations.revoke(who),
      },
      user,
    );
  }

  async import(c: ConversationId, messages: Iterable<ImportMessage> | AsyncIterable<ImportMessage>): Promise<Imported> {
    if (!isId(c)) throw new ChatError("invalid", "unable to import messages; that is no conversation's id");
    return importMessages(this.#house, c, messages);
  }

  /** Something happened in a conversation. */
  wake(c: ConversationId): void {
    this.#followers.wake();
    this.#waiters.wake(c);
  }

  /** The store is open. Rejects as it does. */
  async start(): Promise<void> {
    await this.revocations.start();
    this.#followers.start();
    this.#retention.start();
    this.drafts.start();
  }

  /** The node is leaving: what it holds by lease is another's to take. Never rejects. */
  async drain(): Promise<void> {
    this.#followers.leave();
    await this.#retention.stop();
  }

  /** Ends every iteration, and gives up what this node holds by lease. Never rejects. */
  async close(): Promise<void> {
    this.revocations.stop();
    this.#waiters.close();
    await Promise.all([this.#followers.close(), this.#retention.stop(), this.drafts.stop()]);
  }

  #actor(by: Asking): Actor {
    return new Actor({ ...this.#house, waiters: this.#waiters, drafts: this.drafts }, by);
  }
}

function requireUser(user: UserId, action: string): void {
  if (!isUserId(user)) throw new ChatError("invalid", `unable to ${action}; that is no user id`);
}
