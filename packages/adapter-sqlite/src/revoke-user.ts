import type { Given } from "./calls.ts";
import type { ChangingRows } from "./changing-rows.ts";
import type { ClaimStatements } from "./claim-statements.ts";
import { endOf } from "./end-of.ts";

/** Revocations that are over, taken out with each new one: so their number falls however many there were. */
const FORGOTTEN_ROWS = 16;

/** A user's revocation in the place of their last one; its mark is a change number. `now`: Unix ms, the store's own time. */
export function revokeUser(
  statements: ClaimStatements,
  rows: ChangingRows,
  { user, keepMs }: Given<"revoke">,
  now: number,
): number {
  const before = statements.unrevoke.one(user)?.until ?? 0;
  const mark = rows.nextChange();
  statements.revoke.run(mark, user, Math.max(before, endOf(now, keepMs)));
  statements.deleteRevocations.run(now, FORGOTTEN_ROWS);
  return mark;
}
