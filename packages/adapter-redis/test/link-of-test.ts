import type { Link, LinkEvents, LinkOptions, Links } from "../src/links/link.ts";

/** One connection of a test: what was asked of it, answered by hand or at once. */
export class LinkOfTest implements Link {
  readonly server: string;
  readonly events: LinkEvents;
  readonly asked: string[] = [];
  readonly listening = new Set<string>();
  ended = false;
  /** What the next question is refused with. */
  refusal: Error | null = null;
  /** Set: answers wait for it. */
  hold: Promise<void> | null = null;

  constructor(server: string, events: LinkEvents) {
    this.server = server;
    this.events = events;
  }

  async call(command: string, ...args: readonly string[]): Promise<unknown> {
    await this.#answer([command, ...args].join(" "));
    return "PONG";
  }

  async subscribe(channels: readonly string[]): Promise<void> {
    await this.#answer(`+${channels.join(",")}`);
    for (const channel of channels) this.listening.add(channel);
  }

  async unsubscribe(channels: readonly string[]): Promise<void> {
    await this.#answer(`-${channels.join(",")}`);
    for (const channel of channels) this.listening.delete(channel);
  }

  end(): void {
    this.ended = true;
  }

  async #answer(question: string): Promise<void> {
    this.asked.push(question);
    const { refusal } = this;
    this.refusal = null;
    await this.hold;
    if (refusal !== null) throw refusal;
  }
}

/** Connections of a test, one after the other. */
export class LinksOfTest implements Links {
  readonly cluster = false;
  readonly opened: LinkOfTest[] = [];
  /** So many of the next ones cannot be had. */
  failures = 0;
  attempts = 0;

  get last(): LinkOfTest {
    const link = this.opened.at(-1);
    if (link === undefined) throw new Error("none was opened");
    return link;
  }

  async open(_: LinkOptions, events: LinkEvents): Promise<Link> {
    this.attempts++;
    if (this.failures > 0) {
      this.failures--;
      throw new Error("connect ECONNREFUSED");
    }
    const link = new LinkOfTest(`server ${this.opened.length}`, events);
    this.opened.push(link);
    return link;
  }

  holder(): string | null {
    return null;
  }

  async refresh(): Promise<void> {}
}

/** What is due in this turn and the next few has happened. */
export async function turns(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}
