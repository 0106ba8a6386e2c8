import type { SeededRandom } from "../../seeded-random.ts";
import type { HistoryLine } from "../history-line.ts";
import {
  all,
  any,
  changed,
  eventOf,
  type Found,
  finalLog,
  healed,
  inserted,
  insertedAt,
  type Lines,
  lastLives,
  one,
  owner,
  quiet,
  unrewound,
  without,
} from "./edit-lines.ts";
import type { Mutant } from "./mutant.ts";

/** Two applies of one life and conversation, the one right behind the other. */
function neighbours(lines: Lines, random: SeededRandom): readonly [Found<"apply">, Found<"apply">] | null {
  const last = new Map<string, Found<"apply">>();
  const pairs: (readonly [Found<"apply">, Found<"apply">])[] = [];
  for (const [at, line] of lines.entries()) {
    if (line.ev !== "apply" && line.ev !== "reset" && line.ev !== "gone") continue;
    const key = `${line.p} ${line.conv}`;
    const before = last.get(key);
    if (line.ev !== "apply") last.delete(key);
    else {
      if (before !== undefined) pairs.push([before, { at, line }]);
      last.set(key, { at, line });
    }
  }
  return any(random, pairs);
}

/** Whether a life of a device is told of nothing more of a conversation than applies, from a line on. */
function steady(lines: Lines, from: number, p: string, conv: string, to: number): boolean {
  return !lines
    .slice(from, to)
    .some((line) => (line.ev === "reset" || line.ev === "gone") && line.p === p && line.conv === conv);
}

/** A window of the last life of a log, of somebody who is a member in the end. */
function window(lines: Lines, random: SeededRandom): Found<"shown"> | null {
  const members = new Set(all(lines, "member").map(({ line }) => `${line.conv} ${line.of}`));
  const users = new Map(all(lines, "conn").map(({ line }) => [line.dev, line.user]));
  return one(
    lines,
    random,
    "shown",
    (line) => members.has(`${line.conv} ${users.get(line.dev)}`) && line.seqs.length > 3,
  );
}

export const MUTANTS_OF_DEVICES: readonly Mutant[] = [
  {
    name: "an event is not applied",
    breaks: "I7",
    mutate(lines, random) {
      const pair = neighbours(lines, random);
      return pair && without(lines, pair[0].at);
    },
  },
  {
    name: "two events are applied in the wrong order",
    breaks: "I7",
    mutate(lines, random) {
      const pair = neighbours(lines, random);
      if (pair === null) return null;
      const [a, b] = pair;
      return changed(changed(lines, a.at, { ...eventOf(b.line) }), b.at, { ...eventOf(a.line) });
    },
  },
  {
    name: "events are applied, and nothing says where they began",
    breaks: "I7",
    mutate(lines, random) {
      const pair = neighbours(lines, random);
      if (pair === null) return null;
      const { p, conv } = pair[0].line;
      return lines.filter((line) => line.ev !== "reset" || line.p !== p || line.conv !== conv);
    },
  },
  {
    name: "a cursor jumps over an event",
    breaks: "I7",
    mutate(lines, random) {
      const pair = neighbours(lines, random);
      if (pair === null) return null;
      const { conv, epoch, seq, ...rest } = pair[1].line;
      const jump = { ...owner(rest), t: rest.t, ev: "reset", conv, epoch, seq, why: "jump" };
      return lines.map((line, at) => (at === pair[1].at ? (jump as HistoryLine) : line));
    },
  },
  {
    name: "what was stored is beyond what was applied",
    breaks: "I7",
    mutate(lines, random) {
      const stored = one(lines, random, "reset", ({ why }) => why === "stored");
      return stored && changed(lines, stored.at, { seq: stored.line.seq + 1_000 });
    },
  },
  {
    name: "an event is applied again",
    breaks: "I8",
    mutate(lines, random) {
      const pair = neighbours(lines, random);
      return pair && inserted(lines, pair[1].at, pair[0].line);
    },
  },
  {
    name: "an event is applied again after a reconnect",
    breaks: "I8",
    mutate(lines, random) {
      const welcomes = all(lines, "welcome", ({ connection }) => connection > 1);
      const welcome = any(random, welcomes);
      if (welcome === null) return null;
      const { p } = welcome.line;
      const applied = all(
        lines,
        "apply",
        (line, at) => line.p === p && at < welcome.at && steady(lines, at, p, line.conv, welcome.at),
      );
      const again = any(random, applied);
      return again && inserted(lines, welcome.at, again.line);
    },
  },
  {
    name: "a cursor goes back and nothing was lost",
    breaks: "I8",
    mutate(lines, random) {
      const pair = neighbours(lines, random);
      if (pair === null || pair[0].line.seq < 2) return null;
      const { conv, epoch, seq } = pair[0].line;
      return inserted(lines, pair[1].at, {
        ...owner(pair[1].line),
        ev: "reset",
        conv,
        epoch,
        seq: seq - 1,
        why: "begin",
      });
    },
  },
  {
    name: "a cursor is lost in the middle of a life",
    breaks: "I8",
    mutate(lines, random) {
      const pair = neighbours(lines, random);
      if (pair === null) return null;
      const { conv, epoch, seq } = pair[0].line;
      return inserted(lines, pair[1].at, { ...owner(pair[1].line), ev: "reset", conv, epoch, seq, why: "lost" });
    },
  },
  {
    name: "a window lacks the newest message",
    breaks: "I9",
    mutate(lines, random) {
      const shown = window(lines, random);
      if (shown === null) return null;
      const { cursor, seqs } = shown.line;
      return changed(lines, shown.at, { cursor: cursor - 1, seqs: seqs.filter((seq) => seq < cursor) });
    },
  },
  {
    name: "a window lacks a message in its middle",
    breaks: "I9",
    mutate(lines, random) {
      const shown = window(lines, random);
      if (shown === null) return null;
      const { seqs } = shown.line;
      return changed(lines, shown.at, { seqs: seqs.filter((_, at) => at !== seqs.length >> 1) });
    },
  },
  {
    name: "a window shows messages in the wrong order",
    breaks: "I9",
    mutate(lines, random) {
      const shown = window(lines, random);
      if (shown === null) return null;
      const [first, second, third, ...rest] = shown.line.seqs;
      return changed(lines, shown.at, { seqs: [first, third, second, ...rest] });
    },
  },
  {
    name: "a window is never done catching up",
    breaks: "I9",
    mutate(lines, random) {
      const shown = window(lines, random);
      return shown && changed(lines, shown.at, { status: "catching-up" });
    },
  },
  {
    name: "a window shows a life of the log that is over",
    breaks: "I9",
    mutate(lines, random) {
      const shown = window(lines, random);
      return shown && changed(lines, shown.at, { epoch: "of another life" });
    },
  },
  {
    name: "events are applied long after healing",
    breaks: "I9",
    mutate(lines, random) {
      const end = quiet(lines);
      const lives = lastLives(lines);
      const windows = new Set(all(lines, "shown").map(({ line }) => `${line.dev} ${line.conv}`));
      const last = new Map<string, Found<"apply">>();
      for (const found of all(lines, "apply", ({ p }, at) => lives.has(p) && at < end)) {
        last.set(`${found.line.dev} ${found.line.conv}`, found);
      }
      const final = new Set(finalLog(lines).map(({ line }) => `${line.epoch} ${line.seq}`));
      const found = any(
        random,
        [...last].flatMap(([key, each]) =>
          windows.has(key) && final.has(`${each.line.epoch} ${each.line.seq}`) ? [each] : [],
        ),
      );
      if (found === null || !steady(lines, found.at, found.line.p, found.line.conv, end)) return null;
      const welcomed = all(lines, "welcome", ({ p }) => p === found.line.p).at(-1)?.line.t ?? 0;
      const t = Math.max(found.line.t, lines[healed(lines)]?.t ?? 0, welcomed) + 31_000;
      if (t >= (lines[end]?.t ?? 0)) return null;
      return insertedAt(without(lines, found.at), { ...found.line, t });
    },
  },
  {
    name: "an event at the presented cursor comes again",
    breaks: "I16",
    mutate: (lines, random) => belowCursor(lines, random, "event"),
  },
  {
    name: "a page that nobody asked for begins below the cursor",
    breaks: "I16",
    mutate: (lines, random) => belowCursor(lines, random, "repair"),
  },
  {
    name: "a repair leaves out its first event",
    breaks: "I16",
    mutate(lines, random) {
      if (lines.some((line) => line.ev === "nemesis" && FRAMES.includes(line.fault))) return null;
      const known = unrewound(lines);
      const whole = finalLog(lines).flatMap(({ line }) => (line.wholeHistory === true ? [line.conv] : []));
      const brought = all(lines, "deliver", ({ by, conv }) => by === "repair" && known(conv) && !whole.includes(conv));
      // the next one shows it
      const pairs = brought.flatMap((next, index) => {
        const first = brought[index - 1];
        const follows = first?.line.p === next.line.p && first.line.conv === next.line.conv;
        return follows && first.line.seq === next.line.seq - 1 ? [first] : [];
      });
      const first = any(random, pairs);
      if (first === null) return null;
      const have = all(lines, "have", ({ p }, at) => p === first.line.p && at < first.at).at(-1);
      const cursor = have?.line.cursors.find(([conv]) => conv === first.line.conv);
      return cursor?.[2] === first.line.seq - 1 ? without(lines, first.at) : null;
    },
  },
  {
    name: "a session is sent an event twice",
    breaks: "I16",
    mutate(lines, random) {
      if (lines.some((line) => line.ev === "nemesis" && FRAMES.includes(line.fault))) return null;
      const seen = one(lines, random, "deliver", ({ by, p }, at) => by === "event" && connected(lines, p, at));
      return seen && inserted(lines, seen.at, seen.line);
    },
  },
  {
    name: "a cursor is moved over what its user may have",
    breaks: "I16",
    mutate(lines, random) {
      const known = unrewound(lines);
      const pair = neighbours(lines, random);
      // with the whole history rights come and go with the membership
      const whole = finalLog(lines).flatMap(({ line }) => (line.wholeHistory === true ? [line.conv] : []));
      if (pair === null || !known(pair[1].line.conv) || whole.includes(pair[1].line.conv)) return null;
      const { conv, epoch, seq, ...rest } = pair[1].line;
      const skip = { ...owner(rest), t: rest.t, ev: "reset", conv, epoch, seq, why: "void" };
      return lines.map((line, at) => (at === pair[1].at ? (skip as HistoryLine) : line));
    },
  },
];

/** Faults by which the network doubles, swaps or repeats frames. */
const FRAMES: readonly string[] = ["F17", "F18", "F23", "repeat polls"];

/** Whether a life has a session there: what is in flight when one ends cannot be told from the next one's. */
function connected(lines: Lines, p: string, at: number): boolean {
  const own = lines.slice(0, at).findLast((line) => line.p === p && (line.ev === "welcome" || line.ev === "close"));
  return own?.ev === "welcome";
}

/** Lets an event come unasked that lies at the cursor presented with `hello`. */
function belowCursor(lines: Lines, random: SeededRandom, by: "event" | "repair"): Lines | null {
  const log = new Map(finalLog(lines).map(({ line }) => [`${line.conv} ${line.epoch} ${line.seq}`, line]));
  const have = any(
    random,
    all(lines, "have", ({ cursors }) => cursors.some((cursor) => log.has(cursor.join(" ")))),
  );
  const cursor =
    have &&
    any(
      random,
      have.line.cursors.filter((each) => log.has(each.join(" "))),
    );
  const entry = cursor && log.get(cursor.join(" "));
  if (!have || !entry) return null;
  const welcome = all(lines, "welcome", ({ p }, at) => p === have.line.p && at > have.at)[0];
  const next = all(lines, "conn", ({ p }, at) => p === have.line.p && at > have.at)[0];
  if (welcome === undefined || (next !== undefined && next.at < welcome.at)) return null;
  return inserted(lines, welcome.at, { ...owner(have.line), ev: "deliver", by, ...eventOf(entry) });
}
