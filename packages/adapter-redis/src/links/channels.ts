import type { Link } from "./link.ts";

/** Channels named in one command at most. */
const PER_COMMAND_MAX = 500;
/** Wait before a server that answered, but not as it should, is asked again, in ms. */
const AGAIN_MS = 1_000;

export interface ChannelsHouse {
  readonly link: () => Link | null;
  /** Another server holds the channels' slot. */
  moved(): void;
  /** `unavailable` and the like, for who waits for a channel that the server refuses. */
  refusal(error: unknown): Error;
}

interface Wanted {
  readonly ready: Promise<void>;
  resolve(): void;
  reject(error: unknown): void;
}

/**
 * Which channels one link listens to: what is wanted and what the server has confirmed, brought together one step
 * after the other. So no channel is ever asked for while it is being left, which the drivers take for one thing.
 */
export class Channels {
  readonly #house: ChannelsHouse;
  readonly #wanted = new Map<string, Wanted>();
  /** On the present link. */
  #confirmed = new Set<string>();
  /** Those of which the server has still to be told, whether they are wanted or not. */
  #changed = new Set<string>();
  #stepping = false;
  #planned: NodeJS.Immediate | null = null;
  #again: NodeJS.Timeout | null = null;

  constructor(house: ChannelsHouse) {
    this.#house = house;
  }

  get names(): readonly string[] {
    return [...this.#wanted.keys()];
  }

  /** Resolves when the server has confirmed it, on whichever link. Rejects if it refuses. */
  want(channel: string): Promise<void> {
    const known = this.#wanted.get(channel);
    if (known !== undefined) return known.ready;
    let resolve = () => {};
    let reject: (error: unknown) => void = () => {};
    const ready = new Promise<void>((...settle) => {
      [resolve, reject] = settle;
    });
    // Whoever waits for it still gets the rejection; whoever does not must not end the process.
    ready.catch(() => {});
    this.#wanted.set(channel, { ready, resolve, reject });
    this.#change(channel);
    return ready;
  }

  /** Is not wanted any longer; who still waits for it is told why. */
  drop(channel: string, reason: unknown): void {
    this.#wanted.get(channel)?.reject(reason);
    if (this.#wanted.delete(channel)) this.#change(channel);
  }

  /** Puts every channel on a new link. Rejects if it cannot take them. */
  async restore(link: Link): Promise<void> {
    this.#confirmed = new Set();
    this.#changed = new Set();
    await this.#subscribe(link, this.names);
  }

  /** For good. */
  close(reason: unknown): void {
    if (this.#planned !== null) clearImmediate(this.#planned);
    if (this.#again !== null) clearTimeout(this.#again);
    for (const { reject } of this.#wanted.values()) reject(reason);
    this.#wanted.clear();
  }

  #change(channel: string): void {
    this.#changed.add(channel);
    this.#plan();
  }

  /** A turn later: many come in one turn. */
  #plan(): void {
    this.#planned ??= setImmediate(() => {
      this.#planned = null;
      void this.#step();
    });
  }

  async #step(): Promise<void> {
    const link = this.#house.link();
    if (link === null || this.#stepping || this.#again !== null) return;
    this.#stepping = true;
    const changed = [...this.#changed];
    this.#changed.clear();
    // Given up and taken again before anybody was told.
    for (const channel of changed) if (this.#confirmed.has(channel)) this.#wanted.get(channel)?.resolve();
    try {
      await this.#leave(
        link,
        changed.filter((channel) => !this.#wanted.has(channel) && this.#confirmed.has(channel)),
      );
      await this.#subscribe(
        link,
        changed.filter((channel) => this.#wanted.has(channel) && !this.#confirmed.has(channel)),
      );
    } catch {
      this.#tryAgain(link, changed);
    } finally {
      this.#stepping = false;
    }
    if (this.#changed.size > 0) this.#plan();
  }

  /** If the link was lost, there will be another one with all that is wanted; else it has still to be told. */
  #tryAgain(link: Link, changed: readonly string[]): void {
    if (this.#house.link() !== link) return;
    for (const channel of changed) this.#changed.add(channel);
    this.#again = setTimeout(() => {
      this.#again = null;
      this.#plan();
    }, AGAIN_MS);
  }

  async #leave(link: Link, channels: readonly string[]): Promise<void> {
    for (const channel of channels) this.#confirmed.delete(channel);
    await Promise.all(commands(channels).map((some) => link.unsubscribe(some)));
  }

  async #subscribe(link: Link, channels: readonly string[]): Promise<void> {
    await Promise.all(commands(channels).map((some) => this.#command(link, some)));
  }

  async #command(link: Link, channels: readonly string[]): Promise<void> {
    const confirmed = this.#confirmed;
    try {
      await link.subscribe(channels);
    } catch (error) {
      if (confirmed !== this.#confirmed) return;
      if (startsWith(error, "MOVED ")) this.#house.moved();
      if (!startsWith(error, "NOPERM ")) throw error;
      for (const channel of channels) this.drop(channel, this.#house.refusal(error));
      return;
    }
    for (const channel of channels) {
      confirmed.add(channel);
      if (confirmed === this.#confirmed) this.#wanted.get(channel)?.resolve();
    }
  }
}

function commands(channels: readonly string[]): readonly (readonly string[])[] {
  const count = Math.ceil(channels.length / PER_COMMAND_MAX);
  return Array.from({ length: count }, (_, at) => channels.slice(at * PER_COMMAND_MAX, (at + 1) * PER_COMMAND_MAX));
}

function startsWith(error: unknown, word: string): boolean {
  return error instanceof Error && error.message.startsWith(word);
}
