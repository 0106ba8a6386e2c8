import { type ConversationId, isChatError, type Mode, type UserId } from "@earshot/protocol";
import type { Said, Topic } from "../ports/bus.ts";
import type { Logger } from "../ports/logger.ts";
import type { Arrival } from "./arrival.ts";
import { eventEnvelopes, eventTopics, needsMembers } from "./event-envelopes.ts";
import { HeadsAgain, type HeadsAgainSurroundings } from "./heads-again.ts";

export interface PublisherSurroundings extends Omit<HeadsAgainSurroundings, "tell"> {
  /** Whether there are no other nodes to tell. */
  readonly alone: boolean;
  readonly logger: Logger;
  /** This node's own delivery. */
  arrive(arrival: Arrival): void;
  /** This node's own: the conversation is no more, for all. */
  gone(c: ConversationId, members: readonly UserId[]): void;
  tellNodes(topics: readonly Topic[], said: Said): void;
  /** How events travel after these; "over": this life of the log is. Rejects as the store does. */
  mode(arrival: Arrival): Promise<Mode | "gone" | "over">;
  /** Who has to hear of it: the members as of there or later. Rejects as the store does. */
  members(c: ConversationId, asOf: Pick<Arrival, "epoch" | "membersVersion">): Promise<Iterable<UserId>>;
}

/** Members named by one envelope. */
const MEMBERS_PER_ENVELOPE = 1_000;

/** Tells of what was committed: this node's sessions first, then the other nodes, as a hint that may be lost. */
export class Publisher {
  readonly #house: PublisherSurroundings;
  readonly #again: HeadsAgain;

  constructor(house: PublisherSurroundings) {
    this.#house = house;
    this.#again = new HeadsAgain({
      ...house,
      tell: (heads) => house.tellNodes(["nodes"], { kind: "heads", digest: null, heads }),
    });
  }

  /** After a commit. Never throws; what cannot be told costs latency only. */
  publish(arrival: Arrival): void {
    this.#house.arrive(arrival);
    if (!this.#house.alone) void this.#tell(arrival);
  }

  /** A conversation was removed, for all. `members`: who they were, as far as the store says. */
  gone(c: ConversationId, members: readonly UserId[]): void {
    this.#house.gone(c, members);
    if (this.#house.alone) return;
    this.#again.put({ c, gone: true });
    for (let from = 0; from === 0 || from < members.length; from += MEMBERS_PER_ENVELOPE) {
      const some = members.slice(from, from + MEMBERS_PER_ENVELOPE);
      const users = some.map((user): Topic => `u:${user}`);
      this.#house.tellNodes(from === 0 ? [`c:${c}`, ...users] : users, { kind: "gone", c, members: some });
    }
  }

  /** The node is leaving. */
  stop(): void {
    this.#again.flush();
  }

  async #tell(arrival: Arrival): Promise<void> {
    const { c, epoch, rows, membersVersion } = arrival;
    const last = rows.at(-1);
    if (last === undefined) return;
    try {
      const mode = arrival.mode ?? (await this.#house.mode(arrival));
      if (mode === "gone" || mode === "over") return;
      this.#again.put({ c, epoch, head: last.seq, ord: last.ord, mode, membersVersion });
      const members = needsMembers(arrival, mode) ? await this.#house.members(c, { epoch, membersVersion }) : [];
      for (const envelope of eventEnvelopes(arrival, mode))
        this.#house.tellNodes(eventTopics(envelope, members), envelope);
    } catch (error) {
      if (isChatError(error) && error.code === "closed") return;
      this.#house.logger.warn({ c }, "unable to say who has to hear of an event; other nodes read the store");
    }
  }
}
