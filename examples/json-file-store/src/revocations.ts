import type { Revocations } from "@earshot/core";
import type { UserId } from "@earshot/protocol";
import type { Content } from "./content.ts";

/** By the machine's wall clock, the only one that goes on while no process runs. */
export function revokeUser(content: Content, user: UserId, keepMs: number): number {
  const { revocations } = content;
  const now = Date.now();
  const earlier = revocations.get(user)?.until ?? 0;
  const mark = ++content.tick;
  for (const [other, { until }] of revocations) if (until <= now || other === user) revocations.delete(other);
  // Set anew, at the end: they stand in the order of their marks.
  revocations.set(user, { mark, until: Math.max(now + keepMs, earlier) });
  return mark;
}

export function readRevocations({ revocations, tick }: Content, after: number, limit: number): Revocations {
  const now = Date.now();
  const left = [...revocations].filter(([, { mark, until }]) => mark > after && until > now);
  const page = left.slice(0, limit);
  const more = left.length > page.length;
  return {
    revoked: page.map(([user, { mark }]) => [user, mark] as const),
    mark: more ? (page.at(-1)?.[1].mark ?? after) : Math.max(after, tick),
    more,
  };
}
