import type { PresenceRow, UserId } from "@earshot/protocol";
import type { Activity } from "../ports/presence-store.ts";

/**
 * Where a user stands, as others may see it: online while any device is active, away when all are
 * idle; invisible ones are not there. `seen` goes with offline alone, so that it never tells of who
 * is here unseen. Pure.
 */
export function presenceRow(
  user: UserId,
  sessions: Iterable<{ readonly activity: Activity }>,
  seen: number | null,
): PresenceRow {
  let status: PresenceRow["status"] = "offline";
  for (const { activity } of sessions) {
    if (activity === "active") return { user, status: "online" };
    if (activity === "idle") status = "away";
  }
  return status === "offline" && seen !== null ? { user, status, seen } : { user, status };
}

/** Whether there is nothing new in `next` for who was told `told`. */
export function samePresence(told: PresenceRow, next: PresenceRow): boolean {
  return told.status === next.status && told.seen === next.seen;
}
