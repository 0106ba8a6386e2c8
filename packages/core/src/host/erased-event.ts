import { type ConversationId, type EventRow, LIMITS, type UserId } from "@earshot/protocol";
import type { Append, AppendResult } from "../ports/append.ts";
import type { Clock } from "../ports/clock.ts";
import type { MessageStore } from "../ports/message-store.ts";
import type { EventPage } from "../ports/pages.ts";

export interface ErasedEventSurroundings {
  readonly store: Pick<MessageStore, "range" | "settings">;
  readonly clock: Pick<Clock, "now">;
  readonly sequencer: { append(entry: Append): Promise<AppendResult> };
  readonly changes: {
    decide<Outcome>(c: ConversationId, action: string, attempt: () => Promise<Outcome | null>): Promise<Outcome>;
  };
  /** Who writes it. */
  readonly systemUser: UserId;
}

/**
 * Tells a conversation's readers that a user's content was erased, by one `meta` event, unless nothing of theirs
 * stands above the last that said so. Guarded by the version of the settings, so that neither a repeat nor
 * another node appends a second.
 */
export async function appendErased(house: ErasedEventSurroundings, c: ConversationId, user: UserId): Promise<void> {
  await house.changes.decide(c, "erase user", async () => {
    const settings = await house.store.settings(c);
    if (settings === null || (await isTold(house, c, user))) return true;
    const result = await house.sequencer.append({
      conversation: c,
      user: house.systemUser,
      at: house.clock.now(),
      type: "meta",
      body: { erased: user },
      by: [],
      system: true,
      settings: {},
      ifSettingsVersion: settings.settingsVersion,
    });
    // Refused: others came between, or it was removed. The next look tells.
    return result.kind === "event" ? true : null;
  });
}

/** Whether the log says already that everything of the user is erased. Looks from its newest event downwards. */
async function isTold(
  { store }: ErasedEventSurroundings,
  conversation: ConversationId,
  user: UserId,
): Promise<boolean> {
  for (let before: number | null = null; ; ) {
    const page: EventPage | null = await store.range({
      conversation,
      view: "log",
      ...(before === null ? {} : { before }),
      from: "newest",
      rows: LIMITS.pageRowsMax,
      bytes: LIMITS.pageBytesMax,
    });
    for (const row of page?.rows.toReversed() ?? []) {
      if (tellsOf(row, user)) return true;
      if (isContentOf(row, user)) return false;
    }
    const first = page?.rows[0];
    if (first === undefined || page?.older !== true) return false;
    before = first.seq;
  }
}

function tellsOf({ type, body }: EventRow, user: UserId): boolean {
  return type === "meta" && body?.["erased"] === user;
}

function isContentOf({ type, from }: EventRow, user: UserId): boolean {
  return from === user && type !== "member" && type !== "meta";
}
