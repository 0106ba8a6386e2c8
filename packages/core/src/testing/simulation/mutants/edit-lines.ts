import type { SeededRandom } from "../../seeded-random.ts";
import type { LineOf } from "../checker/line-book.ts";
import type { HistoryLine, SeenEvent } from "../history-line.ts";

export type Lines = readonly HistoryLine[];
type Ev = HistoryLine["ev"];

export interface Found<E extends Ev> {
  readonly at: number;
  readonly line: LineOf<E>;
}

/** Lines of a kind that fit. */
export function all<E extends Ev>(lines: Lines, ev: E, fits: (line: LineOf<E>, at: number) => boolean = () => true) {
  const found: Found<E>[] = [];
  for (const [at, line] of lines.entries()) {
    if (line.ev === ev && fits(line as LineOf<E>, at)) found.push({ at, line: line as LineOf<E> });
  }
  return found;
}

/** One of them; null: there is none. */
export function any<T>(random: SeededRandom, found: readonly T[]): T | null {
  return found[random.below(found.length)] ?? null;
}

export function one<E extends Ev>(
  lines: Lines,
  random: SeededRandom,
  ev: E,
  fits?: (line: LineOf<E>, at: number) => boolean,
): Found<E> | null {
  return any(random, all(lines, ev, fits));
}

export function without(lines: Lines, ...at: readonly number[]): Lines {
  return lines.filter((_, index) => !at.includes(index));
}

export function changed(lines: Lines, at: number, change: object): Lines {
  return lines.map((line, index) => (index === at ? ({ ...line, ...change } as HistoryLine) : line));
}

/** All lines that fit, changed. */
export function changedWhere(lines: Lines, change: (line: HistoryLine) => object | null): Lines {
  return lines.map((line) => {
    const changes = change(line);
    return changes === null ? line : ({ ...line, ...changes } as HistoryLine);
  });
}

/** Others behind a line, at its time. */
export function inserted(lines: Lines, behind: number, ...others: readonly object[]): Lines {
  const t = lines[behind]?.t ?? 0;
  const fresh = others.map((other) => ({ ...other, t }) as HistoryLine);
  return [...lines.slice(0, behind + 1), ...fresh, ...lines.slice(behind + 1)];
}

/** Another where its time has come. */
export function insertedAt(lines: Lines, line: { readonly t: number; readonly [of: string]: unknown }): Lines {
  const behind = lines.findLastIndex(({ t }) => t <= line.t);
  return [...lines.slice(0, behind + 1), line as unknown as HistoryLine, ...lines.slice(behind + 1)];
}

/** What a device's line has in common with its others. */
export function owner({ p, dev, user }: { readonly p: string; readonly dev: string; readonly user: string }) {
  return { p, dev, user };
}

export function eventOf({ conv, epoch, seq, type, from, cmid, hash, members }: SeenEvent): SeenEvent {
  return {
    ...{ conv, epoch, seq, type, from },
    ...(cmid !== undefined && { cmid }),
    ...(hash !== undefined && { hash }),
    ...(members !== undefined && { members }),
  };
}

/** The final log as the store has it. */
export function finalLog(lines: Lines, conv?: string): readonly Found<"log">[] {
  return all(lines, "log", (line) => line.as === "store" && (conv === undefined || line.conv === conv));
}

/** Answers that stand in the final log: of those alone all guarantees hold. */
export function standing(lines: Lines): readonly Found<"ok">[] {
  const log = new Set(finalLog(lines).map(({ line }) => `${line.conv} ${line.epoch} ${line.seq} ${line.cmid}`));
  return all(lines, "ok", ({ conv, epoch, seq, cmid }) => log.has(`${conv} ${epoch} ${seq} ${cmid}`));
}

/** The line of `quiesced`. */
export function quiet(lines: Lines): number {
  const at = lines.findIndex(({ ev }) => ev === "quiesced");
  return at < 0 ? lines.length : at;
}

export function healed(lines: Lines): number {
  return lines.findIndex(({ ev }) => ev === "heal");
}

/** Conversations that no rewind of the store befell. */
export function unrewound(lines: Lines): (conv: string) => boolean {
  const rewound = new Set(all(lines, "rewind").flatMap(({ line }) => line.epochs.map(([conv]) => conv)));
  return (conv) => !rewound.has(conv);
}

/** The processes of devices that ran when all was quiet. */
export function lastLives(lines: Lines): ReadonlySet<string> {
  const end = quiet(lines);
  const lives = new Map<string, string>();
  for (const { at, line } of all(lines, "welcome")) if (at < end) lives.set(line.dev, line.p);
  const ended = new Set(
    [...all(lines, "crash"), ...all(lines, "stop")].filter(({ at }) => at < end).map(({ line }) => line.p),
  );
  return new Set([...lives.values()].filter((p) => !ended.has(p)));
}
