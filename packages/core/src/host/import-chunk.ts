import { ChatError, type ConversationId } from "@earshot/protocol";
import type { Append, AppendResult } from "../ports/append.ts";
import type { MessageStore } from "../ports/message-store.ts";

export interface ImportChunkSurroundings {
  readonly store: Pick<MessageStore, "range">;
  readonly sequencer: { append(entry: Append, order: object | null): Promise<AppendResult> };
}

/** Messages in memory at a time, and in one commit. */
const CHUNK = 200;

interface Numbered {
  readonly index: number;
  readonly entry: Append;
}

/** What is gathered for one commit. */
export class ImportChunk {
  imported = 0;
  repeated = 0;
  readonly #house: ImportChunkSurroundings;
  readonly #c: ConversationId;
  #waiting: Numbered[] = [];
  readonly #keys = new Set<string>();

  constructor(house: ImportChunkSurroundings, c: ConversationId) {
    this.#house = house;
    this.#c = c;
  }

  async add(numbered: Numbered): Promise<void> {
    const { user, key, re } = numbered.entry;
    const named = `${user} ${key?.id}`;
    const doubtful = re !== undefined && !(await this.#has(re));
    // A second one of the same key is looked up behind the first.
    if (this.#waiting.length >= CHUNK || this.#keys.has(named)) await this.flush();
    this.#waiting.push(numbered);
    this.#keys.add(named);
    // Nothing stands behind what may be refused.
    if (doubtful) await this.flush();
  }

  /** Whether there is such a message already. */
  async #has(seq: number): Promise<boolean> {
    const page = await this.#house.store.range({
      conversation: this.#c,
      view: "log",
      after: seq - 1,
      before: seq + 1,
      from: "oldest",
      rows: 1,
      bytes: 1,
    });
    return page?.rows[0]?.type === "message";
  }

  /** Appends what waits, as far as nothing of it is refused. What is behind a refused one must not be there before it. */
  async flush(): Promise<void> {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#keys.clear();
    const lookups = await this.#append(waiting.map(({ entry }) => ({ ...entry, by: [], lookup: true })));
    const fresh: Numbered[] = [];
    let fault: unknown = null;
    for (const [at, numbered] of waiting.entries()) {
      const known = lookups[at] as AppendResult;
      if (known.kind === "duplicate") this.repeated++;
      else if (known.kind === "refused" && known.code === "absent") fresh.push(numbered);
      else {
        fault = refusal(numbered.index, known);
        break;
      }
    }
    const results = await this.#append(fresh.map(({ entry }) => entry));
    for (const [at, result] of results.entries()) {
      if (result.kind === "refused") throw refusal(fresh[at]?.index ?? 0, result);
      if (result.kind === "duplicate") this.repeated++;
      else this.imported++;
    }
    if (fault !== null) throw fault;
  }

  /** Appends in one order; rejects as the first that failed, when all are answered. */
  async #append(entries: readonly Append[]): Promise<readonly AppendResult[]> {
    const order = {};
    const results = await Promise.allSettled(entries.map((entry) => this.#house.sequencer.append(entry, order)));
    return results.map((result) => {
      if (result.status === "rejected") throw result.reason;
      return result.value;
    });
  }
}

function refusal(index: number, result: AppendResult): ChatError {
  const code = result.kind === "refused" ? result.code : null;
  switch (code) {
    case "not_found":
      return fault("not_found", index, "no such conversation");
    case "no_target":
      return fault("not_found", index, "it replies to no message of the conversation");
    case "conflict":
      return fault("conflict", index, "its id was used for other content");
    default:
      return fault("internal", index, "the store answered what was not asked");
  }
}

function fault(code: "not_found" | "conflict" | "internal", index: number, why: string): ChatError {
  return new ChatError(code, `unable to import message ${index}; ${why}`, { details: { index } });
}
