import { ChatError, type ConversationId, type Epoch, isChatError, isVoidRow } from "@earshot/protocol";
import type { Clock } from "../ports/clock.ts";
import type { Page, PageRequest } from "../ports/commands.ts";
import type { ChatEvent } from "../ports/hooks.ts";
import type { Logger } from "../ports/logger.ts";
import type { Random } from "../ports/random.ts";
import { endable } from "./endable.ts";
import { againAfterMs, jittered } from "./pace.ts";
import { Waiter, type Waiters } from "./waiters.ts";

export interface ConversationEventsSurroundings {
  readonly clock: Pick<Clock, "after">;
  readonly random: Random;
  readonly logger: Logger;
  readonly limits: { readonly followEveryMs: number };
  readonly waiters: Waiters;
  /** A page, as its reader may have it. */
  fetch(request: PageRequest): Promise<Page>;
}

/**
 * One conversation's log above a seq, and on with what comes: woken by what happens on this node, else looking
 * every `followEveryMs`. What the reader cannot have is left out.
 */
export function conversationEvents(
  house: ConversationEventsSurroundings,
  c: ConversationId,
  { after }: { readonly after?: number },
): AsyncIterableIterator<ChatEvent, void, undefined> {
  const waiter = new Waiter(house.clock);
  return endable(listened(), () => waiter.end());

  async function* listened(): AsyncGenerator<ChatEvent, void, undefined> {
    house.waiters.add(c, waiter);
    try {
      yield* eventsAbove(house, c, waiter, after);
    } finally {
      house.waiters.remove(c, waiter);
    }
  }
}

async function* eventsAbove(
  house: ConversationEventsSurroundings,
  c: ConversationId,
  waiter: Waiter,
  after: number | undefined,
): AsyncGenerator<ChatEvent, void, undefined> {
  let epoch: Epoch | null = null;
  let seq = after ?? null;
  for (let failures = 0; !waiter.ended; ) {
    waiter.looking();
    let page: Page;
    try {
      page = await house.fetch(seq === null ? { limit: 1 } : { after: seq });
      failures = 0;
    } catch (error) {
      if (waiter.ended || (isChatError(error) && error.code === "not_found")) return;
      if (!isChatError(error) || !error.retryable) throw error;
      house.logger.warn({ c, code: error.code }, "unable to read a conversation's events; trying again");
      await waiter.sleep(againAfterMs(++failures, house.random));
      continue;
    }
    if (epoch !== null && epoch !== page.epoch) throw anotherLog();
    epoch = page.epoch;
    if (seq !== null) for (const row of page.events) if (!isVoidRow(row)) yield { ...row, conversation: c, epoch };
    seq = seq === null ? page.head : Math.max(seq, page.to);
    if (!page.more && !waiter.ended) await waiter.sleep(jittered(house.limits.followEveryMs, house.random));
  }
}

function anotherLog(): ChatError {
  return new ChatError("conflict", "unable to read on; the log was lost or restored, begin anew");
}
