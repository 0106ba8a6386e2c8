import { isChatError } from "@earshot/protocol";
import type { Append, AppendResult } from "../ports/append.ts";
import type { Clock } from "../ports/clock.ts";
import type { DraftAppend, DraftRefusal, DraftStore } from "../ports/draft-store.ts";

export interface NumberSurroundings {
  readonly clock: Pick<Clock, "now">;
  readonly sequencer: { append(entry: Append, order: DraftOrder | null): Promise<AppendResult> };
  readonly limits: { readonly draftsPerPageMax: number; readonly refusedDraftsKeptMs: number };
  /** Asked between two pages. */
  stopped(): boolean;
}

/** Drafts of one user to one conversation, of which none passes another. */
interface DraftOrder {
  shut(): void;
}

/** What one walk over the drafts came to. */
export interface Numbered {
  readonly refused: number;
  /** That wait for slow mode. */
  readonly held: number;
}

/**
 * Appends every draft that is committed, once over all of them, and settles what was appended or refused. What
 * must wait (slow mode, no answer of the store) stays, with all of the same user and conversation behind it. Rejects when all
 * of a page are answered, as the store does.
 */
export async function numberDrafts(house: NumberSurroundings, drafts: DraftStore): Promise<Numbered> {
  const { draftsPerPageMax: rows, refusedDraftsKeptMs } = house.limits;
  const orders = new Map<string, DraftOrder>();
  const shut = new Set<string>();
  const numbered = { refused: 0, held: 0 };
  for (let after: string | null = null; !house.stopped(); ) {
    const page = await drafts.waiting(after, rows);
    const due = page.filter(({ entry }) => !shut.has(laneOf(entry)));
    const outcomes = await Promise.allSettled(due.map(({ entry }) => append(entry)));
    const done: string[] = [];
    const refused: (readonly [string, DraftRefusal])[] = [];
    const failures: unknown[] = [];
    for (const [at, { mark, entry }] of due.entries()) {
      const outcome = outcomes[at] as PromiseSettledResult<AppendResult>;
      if (outcome.status === "rejected") {
        if (!isChatError(outcome.reason) || outcome.reason.code !== "blocked") failures.push(outcome.reason);
      } else if (outcome.value.kind !== "refused") done.push(mark);
      else if (outcome.value.code === "too_soon") shut.add(laneOf(entry));
      else refused.push([mark, outcome.value]);
    }
    if (done.length + refused.length > 0) await drafts.settle(done, refused, refusedDraftsKeptMs);
    numbered.refused += refused.length;
    numbered.held += page.length - done.length - refused.length;
    if (failures.length > 0) throw failures[0];
    if (page.length < rows) break;
    after = page.at(-1)?.mark ?? null;
  }
  return numbered;

  function append(entry: DraftAppend): Promise<AppendResult> {
    return house.sequencer.append({ ...entry, at: house.clock.now() }, orderOf(laneOf(entry)));
  }

  function orderOf(lane: string): DraftOrder {
    let order = orders.get(lane);
    if (order === undefined) {
      order = { shut: () => void shut.add(lane) };
      orders.set(lane, order);
    }
    return order;
  }
}

/** No id holds a space. */
function laneOf({ user, conversation }: DraftAppend): string {
  return `${user} ${conversation}`;
}
