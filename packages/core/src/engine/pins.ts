import { ChatError, type ConversationId, type InboxRow, LIMITS } from "@earshot/protocol";
import type { Permissions } from "../options.ts";
import type { Caller } from "./caller.ts";
import { changeSettings, type SettingsSurroundings } from "./settings.ts";

export interface PinsSurroundings extends SettingsSurroundings {
  readonly permissions: Permissions;
}

const ACTION = "pin message";

/**
 * Pins a message, behind those pinned before, or unpins it. What is so already changes nothing. Gives the
 * caller's row, null if they have lost it meanwhile. Rejects with `not_found` (conversation, or no message
 * that the caller may have), `conflict` (it is deleted), `too_large` (`LIMITS.pinsMax`), `forbidden`,
 * `unavailable`.
 */
export async function pinMessage(
  house: PinsSurroundings,
  caller: Caller,
  c: ConversationId,
  seq: number,
  pinned: boolean,
): Promise<InboxRow | null> {
  await changeSettings(house, caller, c, {
    action: ACTION,
    by: house.permissions.pin,
    wanted: async ({ pinned: now }) => {
      if (!pinned) return { pinned: now.filter((one) => one !== seq) };
      if (now.includes(seq)) return {};
      await requireMessage(house, caller, c, seq);
      if (now.length >= LIMITS.pinsMax) {
        throw new ChatError("too_large", `unable to ${ACTION}; ${LIMITS.pinsMax} are pinned already`);
      }
      return { pinned: [...now, seq] };
    },
  });
  return house.store.row(caller.user, c);
}

async function requireMessage(
  house: Pick<PinsSurroundings, "store">,
  caller: Caller,
  c: ConversationId,
  seq: number,
): Promise<void> {
  const page = await house.store.range({
    conversation: c,
    ...(caller.system ? {} : { reader: caller.user }),
    view: "present",
    after: seq - 1,
    before: seq + 1,
    from: "oldest",
    rows: 1,
    bytes: 1,
  });
  const row = page?.rows[0];
  if (row?.type !== "message") throw new ChatError("not_found", `unable to ${ACTION}; no such message`);
  if (row.deleted) throw new ChatError("conflict", `unable to ${ACTION}; it is deleted`);
}
