import type { Given } from "./calls.ts";
import type { ClaimStatements } from "./claim-statements.ts";

/** The text kept under a name after the move, which happens only from what it is said to come from. */
export function movePosition(statements: ClaimStatements, { name, from, to }: Given<"move">): string | null {
  const value = statements.position.one(name)?.value ?? null;
  if (value !== from) return value;
  statements.setPosition.run(name, to);
  return to;
}
