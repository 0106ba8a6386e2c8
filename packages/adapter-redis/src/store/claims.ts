import type { Revocations } from "@earshot/core";
import type { UserId } from "@earshot/protocol";
import type { StoreLink } from "./store-link.ts";

/** What nodes hold, keep and tell by name or for the whole store. */

/** As `MessageStore.lease`: a key that runs out by the time of its own server. */
export async function takeLease({ keys, run }: StoreLink, name: string, node: string, ttlMs: number): Promise<boolean> {
  return (await run("lease", [keys.lease(name)], [node, String(Math.max(0, Math.ceil(ttlMs)))])) === 1;
}

/** As `MessageStore.position`. */
export async function movePosition(
  link: StoreLink,
  name: string,
  move: { readonly from: string | null; readonly to: string } | undefined,
): Promise<string | null> {
  const key = link.keys.position(name);
  if (move === undefined) return (await link.call("GET", key)) as string | null;
  const { from, to } = move;
  return (await link.run("movePosition", [key], [from === null ? "0" : "1", from ?? "", to])) as string | null;
}

/** As `MessageStore.setting`. */
export async function keepSetting(link: StoreLink, name: string, make: () => string): Promise<string> {
  const key = link.keys.setting(name);
  const kept = (await link.call("GET", key)) as string | null;
  if (kept !== null) return kept;
  const made = make();
  return ((await link.call("SET", key, made, "NX", "GET")) as string | null) ?? made;
}

/** As `MessageStore.revoke`. */
export async function revokeUser({ keys, run }: StoreLink, user: string, keepMs: number): Promise<number> {
  const named = [keys.bucket(0), keys.revocationMarks(), keys.revocationEnds()];
  return Number(await run("revoke", named, [user, String(Math.ceil(keepMs))]));
}

/** As `MessageStore.revocations`. */
export async function readRevocations({ keys, run }: StoreLink, after: number, limit: number): Promise<Revocations> {
  const named = [keys.bucket(0), keys.revocationMarks(), keys.revocationEnds()];
  const answer = await run("revocations", named, [String(after), String(limit)]);
  const [mark, more, ...found] = answer as readonly [string, number, ...string[]];
  const revoked: (readonly [UserId, number])[] = [];
  for (let n = 0; n < found.length; n += 2) revoked.push([found[n] ?? "", Number(found[n + 1])]);
  return { revoked, mark: Number(mark), more: more === 1 };
}
