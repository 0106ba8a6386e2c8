import type { Link, Links } from "./links/link.ts";
import { slotOf } from "./links/slot.ts";
import { StandingLink } from "./links/standing-link.ts";
import { loadScript } from "./script-loader.ts";

export interface StreamReaderHouse {
  readonly links: Links;
  readonly stream: string;
  /** Appends an entry that says nothing; resolves with its id. */
  mark(): Promise<string>;
  /** In the stream's order. `fields`: by turns a name and its value. */
  entry(fields: readonly string[]): void;
  /** Entries were trimmed or lost before they were read; what comes from now on is. */
  trimmed(): void;
}

/** Entries read at once at most. */
const ENTRIES_MAX = 200;
/** How long one read waits for an entry, and after how long without an answer its link counts as dead, in ms. */
const BLOCK_MS = 3_000;
const SILENT_MAX_MS = 10_000;
/** Wait before a read that was refused is made again, in ms. */
const REFUSED_MS = 500;

const kept = loadScript(new URL("./scripts/entry-kept.lua", import.meta.url));

/**
 * Reads one stream from a position of its own, which outlives every connection: nothing is missed that the stream
 * still holds. One connection, in one waiting read.
 */
export class StreamReader {
  readonly #house: StreamReaderHouse;
  readonly #standing: StandingLink;
  /** The last entry that was read. */
  #position = "";
  /** Runs out when a read is not answered. */
  #silence: NodeJS.Timeout | null = null;
  #answered: () => void = () => {};

  constructor(house: StreamReaderHouse) {
    this.#house = house;
    this.#standing = new StandingLink({
      links: house.links,
      options: { slot: house.links.cluster ? slotOf(house.stream) : null, sharded: false },
      watch: (_, dead) => this.#watch(dead),
      message: () => {},
      moved: () => {},
      restore: (link) => this.#restore(link),
      restored: () => {},
      away: () => void house.links.refresh([house.stream]).catch(() => {}),
    });
  }

  /** From now on. Rejects with what the driver said if the stream cannot be read; then it may be called again. */
  async open(): Promise<void> {
    this.#position = await this.#house.mark();
    await this.#standing.start();
  }

  close(): void {
    this.#standing.stop();
  }

  #watch(dead: () => void): () => void {
    let answered = false;
    const silence = setTimeout(() => {
      answered = false;
      // After a turn that took long, what has come meanwhile is read first.
      setImmediate(() => {
        if (!answered && this.#silence === silence) dead();
      });
    }, SILENT_MAX_MS);
    this.#silence = silence;
    this.#answered = () => {
      answered = true;
      silence.refresh();
    };
    return () => {
      clearTimeout(silence);
      if (this.#silence === silence) this.#silence = null;
    };
  }

  async #restore(link: Link): Promise<void> {
    try {
      await this.#read(link, null);
    } catch (error) {
      if (error instanceof Error && error.message.startsWith("MOVED "))
        await this.#house.links.refresh([this.#house.stream]);
      throw error;
    }
    void this.#readOn(link);
  }

  async #readOn(link: Link): Promise<void> {
    try {
      while (this.#standing.link === link) await this.#read(link, BLOCK_MS);
    } catch {
      // A link that was lost is not the present one any more; one that stands was refused something.
      setTimeout(() => {
        if (this.#standing.link === link) this.#standing.renew();
      }, REFUSED_MS);
    }
  }

  /** Everything after the position, up to a bound, and whether something of it was trimmed before. */
  async #read(link: Link, blockMs: number | null): Promise<void> {
    const { stream } = this.#house;
    const position = this.#position;
    const waiting = blockMs === null ? [] : ["BLOCK", String(blockMs)];
    const reading = link.call("XREAD", "COUNT", String(ENTRIES_MAX), ...waiting, "STREAMS", stream, position);
    // In the same write, and so answered right after: as it is still there, nothing that came after it was trimmed.
    const keeping = kept.run({ call: (_, command, args) => link.call(command, ...args) }, [stream], [position]);
    const [reply, isKept] = await Promise.all([reading, keeping]);
    this.#answered();
    if (this.#standing.link !== link) return;
    const entries = entriesOf(reply);
    for (const [id, fields] of entries) {
      this.#position = id;
      this.#house.entry(fields);
    }
    if (isKept === 1) return;
    if (entries.length === 0) this.#position = await this.#house.mark();
    this.#house.trimmed();
  }
}

type Entry = readonly [id: string, fields: readonly string[]];

/** What `XREAD` of one stream gives: in RESP2 and RESP3, as either driver has it. */
function entriesOf(reply: unknown): readonly Entry[] {
  if (reply === null || reply === undefined) return [];
  if (Array.isArray(reply)) {
    const [first, second] = reply as readonly unknown[];
    return (Array.isArray(first) ? first[1] : second) as readonly Entry[];
  }
  const [entries] = reply instanceof Map ? reply.values() : Object.values(reply);
  return (entries ?? []) as readonly Entry[];
}
