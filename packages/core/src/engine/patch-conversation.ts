import { type Body, ChatError, type ConversationId, type InboxRow, LIMITS, utf8Bytes } from "@earshot/protocol";
import type { Permissions } from "../options.ts";
import type { Retention } from "../ports/conversation-settings.ts";
import type { Caller } from "./caller.ts";
import type { HostVerdicts } from "./host-verdicts.ts";
import { changeSettings, type SettingsSurroundings } from "./settings.ts";

/** What a patch may change; what is absent stays. */
export interface ConversationPatch {
  /** null: none. */
  readonly title?: string | null;
  /** The host's own, at most as large as a message's body; null: none. Replaced as a whole. */
  readonly meta?: Body | null;
  /** Whether anybody may join. Not of a `direct`. */
  readonly open?: boolean;
  /** ms between two messages of one `member`, up to `limits.slowUpToMs` (a day); 0: none. */
  readonly slow?: number;
  /** What is kept of the log, beside what the host keeps: `age` from `limits.retentionFromMs` (a minute), `messages` from 1; null: as the host says. */
  readonly retention?: Retention | null;
}

export interface PatchSurroundings extends SettingsSurroundings {
  readonly host: HostVerdicts;
  readonly permissions: Permissions;
  readonly limits: { readonly slowUpToMs: number; readonly retentionFromMs: number };
}

const ACTION = "change conversation";

/**
 * Changes a conversation's title, meta, openness, pace and retention. Gives the caller's row, null if they have
 * lost it meanwhile. Rejects with `invalid`, `too_large` (meta), `not_found`, `forbidden`, `unavailable`.
 */
export async function patchConversation(
  house: PatchSurroundings,
  caller: Caller,
  c: ConversationId,
  { title, meta, open, slow, retention }: ConversationPatch,
): Promise<InboxRow | null> {
  if (slow !== undefined && slow > house.limits.slowUpToMs) {
    throw new ChatError("invalid", `unable to ${ACTION}; slow is ${house.limits.slowUpToMs} ms at most`);
  }
  if (retention?.age !== undefined && retention.age < house.limits.retentionFromMs) {
    const { retentionFromMs } = house.limits;
    throw new ChatError("invalid", `unable to ${ACTION}; an age of its retention is ${retentionFromMs} ms at least`);
  }
  // Every inbox row carries it.
  if (meta && utf8Bytes(JSON.stringify(meta)) > LIMITS.bodyBytesMax) {
    throw new ChatError("too_large", `unable to ${ACTION}; its meta is over ${LIMITS.bodyBytesMax} bytes`);
  }
  if (meta && !caller.system) await house.host.hooks.meta(meta);
  await changeSettings(house, caller, c, {
    action: ACTION,
    by: house.permissions.patch,
    wanted: ({ kind }) => {
      if (open && kind === "direct") throw new ChatError("forbidden", `unable to ${ACTION}; a direct one is not open`);
      return {
        ...(title === undefined ? {} : { title }),
        ...(meta === undefined ? {} : { meta }),
        ...(open === undefined ? {} : { open }),
        ...(slow === undefined ? {} : { slow }),
        ...(retention === undefined ? {} : { retention }),
      };
    },
  });
  return house.store.row(caller.user, c);
}
