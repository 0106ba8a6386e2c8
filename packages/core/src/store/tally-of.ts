import type { EventRow } from "@earshot/protocol";
import type { TallyRow } from "../ports/watermarks.ts";
import { firstIndex } from "./first-index.ts";
import type { MemoryMembers } from "./memory-members.ts";

/** How many members, apart from its author, have each message. `messages`: ascending. Looks at each member once. */
export function tallyOf(
  messages: readonly Pick<EventRow, "seq" | "from">[],
  members: Pick<MemoryMembers, "all" | "get">,
): readonly TallyRow[] {
  const delivered = new Marks(messages);
  const read = new Marks(messages);
  for (const member of members.all.values()) {
    if (member.role === null) continue;
    delivered.add(member.delivered);
    read.add(member.read);
  }
  const [delivereds, reads] = [delivered.counts(), read.counts()];
  return messages.map(({ seq, from }, index) => {
    const author = members.get(from);
    const less = (mark = 0) => (mark >= seq ? 1 : 0);
    return [seq, (delivereds[index] ?? 0) - less(author?.delivered), (reads[index] ?? 0) - less(author?.read)];
  });
}

/** Watermarks, by how many of some ascending messages they reach. */
class Marks {
  readonly #messages: readonly Pick<EventRow, "seq">[];
  readonly #reaching: number[];

  constructor(messages: readonly Pick<EventRow, "seq">[]) {
    this.#messages = messages;
    this.#reaching = new Array<number>(messages.length + 1).fill(0);
  }

  add(mark: number): void {
    const reached = firstIndex(this.#messages.length, (index) => (this.#messages[index]?.seq ?? 0) > mark);
    this.#reaching[reached] = (this.#reaching[reached] ?? 0) + 1;
  }

  /** For each message, how many are at it or above. */
  counts(): readonly number[] {
    let above = 0;
    const counts: number[] = [];
    for (let reached = this.#messages.length; reached > 0; reached--) {
      above += this.#reaching[reached] ?? 0;
      counts.push(above);
    }
    return counts.reverse();
  }
}
