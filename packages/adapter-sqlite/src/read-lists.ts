import type { Given } from "./calls.ts";
import { RANKS } from "./ranks.ts";
import type { ReadStatements } from "./read-statements.ts";
import { spansText } from "./spans-text.ts";

/** `Revocations`, as JSON text. */
export function revocationsText(statements: ReadStatements, { after, limit }: Given<"revocations">): string {
  const rows = statements.revocations.all(after, limit + 1);
  const taken = rows.slice(0, limit);
  const revoked = taken.map(({ user, mark }) => [user, mark]);
  return JSON.stringify({ revoked, mark: taken.at(-1)?.mark ?? after, more: rows.length > limit });
}

/** Conversations with their `retention`, as JSON text. */
export function conversationsText(statements: ReadStatements, { after, limit }: Given<"conversations">): string {
  const rows = statements.conversations.all(after, limit);
  return `[${rows.map(({ id, retention }) => `{"conversation":${JSON.stringify(id)},"retention":${retention}}`).join(",")}]`;
}

/** Of `Membership`s, as JSON text. */
export function membershipsText(statements: ReadStatements, { user, after, limit }: Given<"memberships">): string {
  const rows = statements.memberships.all(user, after, limit).map((membership) => {
    const role = membership.rank === null ? null : RANKS[membership.rank];
    const about = `"conversation":${JSON.stringify(membership.id)},"role":${JSON.stringify(role)}`;
    return `{${about},"spans":${spansText(membership)}}`;
  });
  return `[${rows.join(",")}]`;
}
