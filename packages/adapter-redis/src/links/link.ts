/**
 * A connection of its own to one server, made from the host's client and never the host's. It reconnects to nothing:
 * when it is lost, that is said once, and another one is opened. So no driver resubscribes behind anybody's back.
 */
export interface Link {
  /** Which server, as the driver names it. */
  readonly server: string;
  /** Calls that begin in one turn leave in one write, in their order. */
  call(command: string, ...args: readonly string[]): Promise<unknown>;
  /** Resolves when the server has confirmed all of them; sharded ones are of one slot. A channel that is being left must not be asked for before that is done. */
  subscribe(channels: readonly string[]): Promise<void>;
  unsubscribe(channels: readonly string[]): Promise<void>;
  /** Ends it now, whatever is under way. Nothing is heard of it afterwards. */
  end(): void;
}

export interface LinkEvents {
  message(channel: string, text: string): void;
  /** The server no longer holds a channel's slot. */
  moved(): void;
  /** Once, unless it was ended. */
  lost(): void;
}

export interface LinkOptions {
  /** The slot whose holder is meant; null: any server. */
  readonly slot: number | null;
  /** Subscriptions are sharded ones (`SSUBSCRIBE`). */
  readonly sharded: boolean;
}

/** Where links come from: the host's client, of either driver, to one server or to a Cluster. */
export interface Links {
  readonly cluster: boolean;
  /** Rejects with what the driver said. */
  open(options: LinkOptions, events: LinkEvents): Promise<Link>;
  /** Names the server that holds the slot, as the client knows it; null: it does not. */
  holder(slot: number): string | null;
  /** Looks anew who holds the slots of these keys. Rejects if nobody answers. */
  refresh(keys: readonly string[]): Promise<void>;
}

/** Longest from the first packet to a connection that takes commands. */
const CONNECT_WITHIN_MS = 10_000;

/** `opened`, unless it takes too long: then it is given up. */
export async function inTime<T>(opened: Promise<T>, giveUp: () => void): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("the server does not answer")), CONNECT_WITHIN_MS);
  });
  try {
    return await Promise.race([opened, late]);
  } catch (error) {
    giveUp();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
