import type { Conversation, MemberList } from "@earshot/client";

/** Members that one look brings, and each look further. */
const PAGE = 100;

export type Member = MemberList["members"][number];

/** The members of a conversation: read when it opens, and again when the log says that they have changed. */
export class Roster {
  readonly #conversation: Conversation;
  readonly #listeners = new Set<() => void>();
  #members: readonly Member[] = [];
  #cursor: string | null = null;
  #status: "loading" | "here" | "failed" = "loading";
  #look = 0;

  constructor(conversation: Conversation) {
    this.#conversation = conversation;
    void this.refresh();
  }

  get members(): readonly Member[] {
    return this.#members;
  }

  get status(): "loading" | "here" | "failed" {
    return this.#status;
  }

  get hasMore(): boolean {
    return this.#cursor !== null;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Reads the first members anew. */
  refresh(): Promise<void> {
    return this.#read(undefined, []);
  }

  async more(): Promise<void> {
    if (this.#cursor !== null) await this.#read(this.#cursor, this.#members);
  }

  /** An answer that came after a newer question is dropped. */
  async #read(cursor: string | undefined, known: readonly Member[]): Promise<void> {
    const look = ++this.#look;
    try {
      const page = await this.#conversation.members({ limit: PAGE, ...(cursor === undefined ? {} : { cursor }) });
      if (look !== this.#look) return;
      this.#members = [...known, ...page.members];
      this.#cursor = page.more ? page.cursor : null;
      this.#status = "here";
    } catch {
      if (look !== this.#look) return;
      this.#status = "failed";
    }
    for (const listener of this.#listeners) listener();
  }
}
