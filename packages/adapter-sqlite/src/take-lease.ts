import type { Given } from "./calls.ts";
import type { ClaimStatements } from "./claim-statements.ts";
import { endOf } from "./end-of.ts";

/** Claims, renews or gives up a name; whether the node holds it now. `now`: Unix ms, the store's own time. */
export function takeLease(statements: ClaimStatements, { name, node, ttlMs }: Given<"lease">, now: number): boolean {
  const held = statements.lease.one(name);
  const isOthers = held !== undefined && held.node !== node && held.until > now;
  if (isOthers) return false;
  if (ttlMs > 0) statements.setLease.run(name, node, endOf(now, ttlMs));
  else statements.deleteLease.run(name);
  return ttlMs > 0;
}
