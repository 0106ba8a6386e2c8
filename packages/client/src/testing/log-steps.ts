import type { EventRow } from "@earshot/protocol";

/** What somebody does in a conversation; `at` picks one of the messages that it can be about. */
export interface Deed {
  readonly kind: "message" | "reply" | "edit" | "delete" | "react" | "member" | "x-ping";
  readonly by: string;
  readonly at: number;
  readonly key: string;
}

const KINDS: readonly Deed["kind"][] = [
  ...(["message", "message", "message", "reply", "edit", "delete", "react", "react", "react"] as const),
  ...(["member", "x-ping"] as const),
];

/** A deed for four numbers of whatever size: what is done most is most likely. */
export function deedOf([kind, by, at, key]: readonly [number, number, number, number], users: readonly string[]): Deed {
  return {
    kind: KINDS[kind % KINDS.length] ?? "message",
    by: users[by % users.length] ?? "",
    at,
    key: key % 2 === 0 ? "👍" : "❤",
  };
}

/** The log after one more deed; the same where there is nothing that it can be about. Reactions always change something: who has one takes it back. */
export function after(log: readonly EventRow[], { kind, by, at, key }: Deed, from = 1): readonly EventRow[] {
  const seq = log.length + 1;
  const gone = new Set(log.map(({ type, re }) => (type === "delete" ? re : undefined)));
  const messages = log.filter((row) => row.type === "message" && row.seq >= from && !gone.has(row.seq));
  const target = messages.at(-1 - (at % Math.max(1, messages.length)));
  const isMessage = kind === "message" || kind === "reply";
  const ord = (log.at(-1)?.ord ?? 0) + (isMessage ? 1 : 0);
  const row = { seq, ord, type: kind === "reply" ? "message" : kind, from: by, at: 0 } as const;
  if (kind === "message") return [...log, { ...row, id: `m${seq}`, body: { text: seq } }];
  if (kind === "member") return [...log, { ...row, body: { members: [[by, "member"]] } }];
  if (target === undefined) return log;
  const re = target.seq;
  if (kind === "delete") return [...log, { ...row, id: `m${seq}`, re }];
  if (kind !== "react") return [...log, { ...row, id: `m${seq}`, re, body: { text: seq } }];
  const last = log.findLast(
    (each) => each.type === "react" && each.re === re && each.from === by && keyOf(each) === key,
  );
  return [...log, { ...row, id: `m${seq}`, re, body: { key, on: last?.body?.["on"] !== true } }];
}

function keyOf(row: EventRow): unknown {
  return row.body?.["key"];
}
