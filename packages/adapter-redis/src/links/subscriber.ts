import { ChatError } from "@earshot/protocol";
import { Channels } from "./channels.ts";
import type { Link, Links } from "./link.ts";
import { watchPulse } from "./pulse.ts";
import { slotOf } from "./slot.ts";
import { StandingLink } from "./standing-link.ts";

export interface SubscriberHouse {
  readonly links: Links;
  /** Listens by `SSUBSCRIBE`, at whichever server of the Cluster holds this key's slot; null: by `SUBSCRIBE`, at any server. */
  readonly key: string | null;
  message(channel: string, text: string): void;
  /** Something may have been missed; what comes from now on is heard, unless it is away again. */
  interrupted(): void;
}

/** Listens to channels on one link at a time, over every loss of it. */
export class Subscriber {
  readonly #house: SubscriberHouse;
  readonly #channels: Channels;
  readonly #standing: StandingLink;
  readonly #slot: number | null;
  #refreshing = false;

  constructor(house: SubscriberHouse) {
    this.#house = house;
    const { links, key } = house;
    this.#slot = key === null ? null : slotOf(key);
    this.#channels = new Channels({
      link: () => this.#standing.link,
      moved: () => void this.#moved(),
      refusal: (cause) =>
        new ChatError("unavailable", "unable to subscribe; this user of Redis may not", { cause, retryAfterMs: 5_000 }),
    });
    this.#standing = new StandingLink({
      links,
      options: { slot: this.#slot, sharded: key !== null },
      watch: watchPulse,
      message: house.message,
      moved: () => void this.#moved(),
      restore: (link: Link) => this.#channels.restore(link),
      restored: house.interrupted,
      away: house.interrupted,
    });
  }

  /** Rejects with what the driver said if nothing can be listened to; then it may be asked for again. `probe`: a channel that is listened to for a moment, to see whether that is allowed. */
  async open(probe: string): Promise<void> {
    await this.#standing.start();
    await this.#standing.link?.subscribe([probe]);
    await this.#standing.link?.unsubscribe([probe]);
  }

  /** Opens it whenever that can be done. */
  begin(): void {
    this.#standing.begin();
  }

  close(): void {
    this.#standing.stop();
    this.#channels.close(ended());
  }

  /** Resolves when nothing published later can be missed. */
  subscribe(channel: string): Promise<void> {
    return this.#channels.want(channel);
  }

  unsubscribe(channel: string): void {
    this.#channels.drop(channel, ended());
  }

  /** Another server may hold the slot by now, as far as the links know: then it is listened to there. */
  follow(): void {
    const { link } = this.#standing;
    if (this.#slot === null || link === null) return;
    const holder = this.#house.links.holder(this.#slot);
    if (holder !== null && holder !== link.server) this.#standing.renew();
  }

  /** The server says so. If it is not known yet who holds the slot now, the next link hears the same. */
  async #moved(): Promise<void> {
    const { links, key } = this.#house;
    if (key === null || this.#refreshing) return;
    this.#refreshing = true;
    await links.refresh([key]).catch(() => {});
    this.#refreshing = false;
    this.#standing.renew();
  }
}

function ended(): ChatError {
  return new ChatError("closed", "unable to subscribe; the subscription has ended");
}
