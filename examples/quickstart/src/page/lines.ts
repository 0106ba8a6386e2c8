import type { Message, Notice, WindowView } from "@earshot/client";
import { dayKey, dayName } from "./time-words.ts";

/** What a conversation's log looks like on the screen, from top to bottom. */
export type Line =
  | { readonly kind: "day"; readonly key: string; readonly text: string }
  /** `opensRun`: the author is named; those that follow closely are theirs too. */
  | { readonly kind: "message"; readonly key: string; readonly message: Message; readonly opensRun: boolean }
  | { readonly kind: "notice"; readonly key: string; readonly notice: Notice }
  | { readonly kind: "hole"; readonly key: string };

/** Messages of one author closer together than this stand as one run, in ms. */
const RUN_WITHIN_MS = 5 * 60_000;

/** Lays a window out: a line for each new day, runs of one author, a mark where something is still missing. */
export function linesOf({ items, holes }: Pick<WindowView, "items" | "holes">, now: number): readonly Line[] {
  const lines: Line[] = [];
  const missing = [...holes];
  let day = "";
  let last: Message | null = null;
  for (const item of items) {
    while (missing[0] !== undefined && item.seq !== null && missing[0].from < item.seq) {
      lines.push({ kind: "hole", key: `hole:${missing.shift()?.from}` });
      last = null;
    }
    if (dayKey(item.at) !== day) {
      day = dayKey(item.at);
      lines.push({ kind: "day", key: `day:${day}:${item.key}`, text: dayName(item.at, now) });
      last = null;
    }
    if (item.kind === "notice") {
      lines.push({ kind: "notice", key: item.key, notice: item });
      last = null;
    } else {
      lines.push({ kind: "message", key: item.key, message: item, opensRun: !continues(item, last) });
      last = item;
    }
  }
  return lines;
}

function continues(message: Message, last: Message | null): boolean {
  if (last === null || last.own !== message.own) return false;
  return (message.own || last.from === message.from) && message.at - last.at < RUN_WITHIN_MS;
}
