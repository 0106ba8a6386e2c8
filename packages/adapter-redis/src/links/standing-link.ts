import type { Link, LinkEvents, LinkOptions, Links } from "./link.ts";

export interface StandingLinkHouse {
  readonly links: Pick<Links, "open">;
  readonly options: LinkOptions;
  /** Watches over a link until it is undone; calls `dead` if nothing comes of it any more. */
  watch(link: Link, dead: () => void): () => void;
  message(channel: string, text: string): void;
  moved(): void;
  /** The link takes commands: what belongs on it is put there. Rejects where that cannot be done; another link is opened then. */
  restore(link: Link): Promise<void>;
  /** Everything is as it was. Not called for the first link. */
  restored(): void;
  /** It is lost, and is not there again in a moment, or has said nothing for long. Told once until it is restored. */
  away(): void;
}

/** Wait before the second attempt, at most, in ms; it doubles up to `AGAIN_MAX_MS`. The first one comes at once. */
const AGAIN_MS = 100;
const AGAIN_MAX_MS = 2_000;
/** A link that is back within so long, in ms, was only a blip. */
const BLIP_MS = 500;

/** One link, for as long as it is wanted: where it is lost another one is opened, for ever. */
export class StandingLink {
  readonly #house: StandingLinkHouse;
  #link: Link | null = null;
  #unwatch: (() => void) | null = null;
  /** While what belongs on the link is put there: called when it is lost. */
  #interrupt: (() => void) | null = null;
  #timer: NodeJS.Timeout | null = null;
  /** Runs from the loss to `away`; "told": that was told. */
  #away: NodeJS.Timeout | "told" | null = null;
  #failures = 0;
  #stopped = false;
  /** Rises with each link, so that what an old one says late is not heard. */
  #life = 0;

  constructor(house: StandingLinkHouse) {
    this.#house = house;
  }

  /** What commands go to; null while there is none. */
  get link(): Link | null {
    return this.#link;
  }

  /** Opens the first link. Rejects if it cannot be had: then it may be asked for again. */
  async start(): Promise<void> {
    await this.#open();
  }

  /** Opens the first link whenever it can be had. */
  begin(): void {
    this.#again(0);
  }

  stop(): void {
    this.#stopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#back();
    this.#drop();
  }

  /** Gives up the present link for another one. */
  renew(): void {
    if (this.#link !== null) this.#lost(this.#life);
  }

  async #open(): Promise<void> {
    const life = ++this.#life;
    const events: LinkEvents = {
      message: (channel, text) => this.#house.message(channel, text),
      moved: () => this.#house.moved(),
      lost: () => this.#lost(life),
    };
    const link = await this.#house.links.open(this.#house.options, events);
    if (this.#stopped || life !== this.#life) {
      link.end();
      return;
    }
    this.#link = link;
    this.#unwatch = this.#house.watch(link, () => {
      if (life === this.#life) this.#tellAway();
      this.#lost(life);
    });
    const lost = new Promise<never>((_, reject) => {
      this.#interrupt = () => reject(new Error("the connection was lost"));
    });
    try {
      await Promise.race([this.#house.restore(link), lost]);
    } catch (error) {
      if (life === this.#life) this.#drop();
      throw error;
    } finally {
      this.#interrupt = null;
    }
  }

  #drop(): void {
    this.#life++;
    this.#unwatch?.();
    this.#unwatch = null;
    this.#link?.end();
    this.#link = null;
  }

  #lost(life: number): void {
    if (life !== this.#life || this.#link === null) return;
    if (this.#interrupt !== null) {
      this.#interrupt();
      return;
    }
    this.#drop();
    this.#away ??= setTimeout(() => this.#tellAway(), BLIP_MS);
    this.#again(0);
  }

  #tellAway(): void {
    if (this.#away === "told") return;
    this.#back();
    this.#away = "told";
    this.#house.away();
  }

  #back(): void {
    if (this.#away !== null && this.#away !== "told") clearTimeout(this.#away);
    this.#away = null;
  }

  #again(waitMs: number): void {
    if (this.#stopped || this.#timer !== null) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      void this.#reopen();
    }, waitMs);
  }

  async #reopen(): Promise<void> {
    try {
      await this.#open();
    } catch {
      if (this.#stopped) return;
      this.#failures++;
      this.#again(Math.random() * Math.min(AGAIN_MAX_MS, AGAIN_MS * 2 ** this.#failures));
      return;
    }
    if (this.#stopped || this.#link === null) return;
    this.#failures = 0;
    this.#back();
    this.#house.restored();
  }
}
