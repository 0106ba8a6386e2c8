import type { Span } from "@earshot/core";
import type { ConversationKind, Epoch, Mode, Role } from "@earshot/protocol";
import type { BucketMoment } from "./bucket-clocks.ts";

/** Texts of the store, as shared.lua describes them, and what they say. */

/** In the order of member pages; scripts know them by their places. */
export const RANKS = ["owner", "admin", "member", "reader"] as const satisfies readonly Role[];

export interface ConversationRecord {
  readonly epoch: Epoch;
  readonly head: number;
  readonly ord: number;
  readonly first: number;
  readonly members: number;
  readonly membersVersion: number;
  readonly settingsVersion: number;
  readonly slow: number;
  readonly mode: Mode;
  readonly open: boolean;
  readonly wholeHistory: boolean;
  readonly kind: ConversationKind;
}

/** `moment`: of its bucket, from the same script. */
export function conversationRecord(headText: string, seldomText: string, moment: BucketMoment): ConversationRecord {
  const [head, ord] = headText.split(" ");
  const [epoch = "", life, mode, membersVersion, slow, first, , members, settingsVersion, open, whole, kind] =
    seldomText.split(" ");
  return {
    // As epoch_of of shared.lua.
    epoch: life === (moment.life || "-") ? epoch : `${epoch}~${moment.life}`,
    head: Number(head),
    ord: Number(ord),
    first: Number(first),
    members: Number(members),
    membersVersion: Number(membersVersion),
    settingsVersion: Number(settingsVersion),
    slow: Number(slow),
    mode: mode as Mode,
    open: open === "1",
    wholeHistory: whole === "1",
    kind: kind as ConversationKind,
  };
}

export interface MemberRecord {
  /** null: no member any longer. */
  readonly role: Role | null;
  readonly delivered: number;
  readonly read: number;
  readonly readOrd: number;
  readonly since: number;
  readonly marked: boolean;
  readonly mute: boolean | number;
  readonly past: readonly Span[];
}

export function memberRecord(text: string): MemberRecord {
  const [rank, delivered, read, readOrd, , since, , marked, mute, past = ""] = text.split(" ");
  return {
    role: RANKS[Number(rank)] ?? null,
    delivered: Number(delivered),
    read: Number(read),
    readOrd: Number(readOrd),
    since: Number(since),
    marked: marked === "1",
    mute: mute === "-" ? false : mute === "+" || Number(mute),
    past: past === "" ? [] : past.split(",").map(spanOf),
  };
}

function spanOf(text: string): Span {
  const [from, to] = text.split("-");
  return [Number(from), Number(to)];
}

/** What a member may have; of who has left, what they could have then. As spans_of of shared.lua. */
export function spansOf(
  { role, since, past }: Pick<MemberRecord, "role" | "since" | "past">,
  { wholeHistory, first }: Pick<ConversationRecord, "wholeHistory" | "first">,
): readonly Span[] {
  const stays: readonly Span[] = role === null ? past : [...past, [since, null]];
  const last = stays.at(-1);
  const all: readonly Span[] = wholeHistory && last !== undefined ? [[1, last[1]]] : stays;
  return all.filter(([, to]) => to === null || to >= first).map(([from, to]): Span => [Math.max(from, first), to]);
}
