import type { HistoryLine } from "../history-line.ts";
import {
  all,
  any,
  changed,
  changedWhere,
  eventOf,
  finalLog,
  inserted,
  type Lines,
  one,
  standing,
  without,
} from "./edit-lines.ts";
import type { Mutant } from "./mutant.ts";

/** Lines of the final log, as both the store and the pages have it. */
function inLog(line: HistoryLine, conv: string, seq: number): boolean {
  return line.ev === "log" && line.conv === conv && line.seq === seq;
}

/** The last line of each final log. */
function tails(lines: Lines) {
  const last = new Map(finalLog(lines).map((found) => [found.line.conv, found]));
  return [...last.values()];
}

/** Adds an event behind the end of a final log, as the store and the pages have it. */
function appended(lines: Lines, tail: ReturnType<typeof tails>[number], event: object): Lines {
  const { at, line } = tail;
  const fresh = { p: "sim", ev: "log", ...eventOf(line), seq: line.seq + 1, ...event };
  const page = all(lines, "log", (each) => each.as === "page" && each.conv === line.conv).at(-1)?.at ?? at;
  const both = [
    [at, "store"],
    [page, "page"],
  ] as const;
  // the later one first, so that the other's place stays
  return both
    .toSorted(([a], [b]) => b - a)
    .reduce((all, [behind, as]) => inserted(all, behind, { ...fresh, as }), lines);
}

export const MUTANTS_OF_LOGS: readonly Mutant[] = [
  {
    name: "the store loses the last acknowledged event",
    breaks: "I1",
    mutate(lines, random) {
      const acked = new Set(standing(lines).map(({ line }) => `${line.conv} ${line.seq}`));
      const tail = any(
        random,
        tails(lines).filter(({ line }) => acked.has(`${line.conv} ${line.seq}`)),
      );
      return tail && lines.filter((line) => !inLog(line, tail.line.conv, tail.line.seq));
    },
  },
  {
    name: "an acknowledged event is missing in the store",
    breaks: "I1",
    mutate(lines, random) {
      const acked = any(random, standing(lines));
      if (acked === null) return null;
      const { conv, seq } = acked.line;
      return lines.filter((line) => !(inLog(line, conv, seq) && line.ev === "log" && line.as === "store"));
    },
  },
  {
    name: "an acknowledged event is missing in a fresh reader's pages",
    breaks: "I1",
    mutate(lines, random) {
      const acked = any(random, standing(lines));
      if (acked === null) return null;
      const { conv, seq } = acked.line;
      return lines.filter((line) => !(inLog(line, conv, seq) && line.ev === "log" && line.as === "page"));
    },
  },
  {
    name: "an acknowledged event is in the log with another content",
    breaks: "I1",
    mutate(lines, random) {
      const hashed = new Set(finalLog(lines).flatMap(({ line }) => (line.hash ? [`${line.conv} ${line.seq}`] : [])));
      const acked = any(
        random,
        standing(lines).filter(({ line }) => hashed.has(`${line.conv} ${line.seq}`)),
      );
      if (acked === null) return null;
      const { conv, seq } = acked.line;
      return changedWhere(lines, (line) => (inLog(line, conv, seq) ? { hash: "of another content" } : null));
    },
  },
  {
    name: "another event stands where one was acknowledged",
    breaks: "I1",
    mutate(lines, random) {
      const acked = standing(lines);
      const [a, b] = [any(random, acked), any(random, acked)];
      if (a === null || b === null || a.line.conv !== b.line.conv || a.line.cmid === b.line.cmid) return null;
      const entry = finalLog(lines, b.line.conv).find(({ line }) => line.seq === b.line.seq);
      const other = entry && eventOf(entry.line);
      return changedWhere(lines, (line) =>
        inLog(line, a.line.conv, a.line.seq) ? { ...other, seq: a.line.seq } : null,
      );
    },
  },
  {
    name: "an event that nobody sent is in the log",
    breaks: "I2",
    mutate(lines, random) {
      const tail = any(random, tails(lines));
      return (
        tail && appended(lines, tail, { type: "message", cmid: "from nowhere", hash: "of nowhere", members: undefined })
      );
    },
  },
  {
    name: "an event is in the log as another user's",
    breaks: "I2",
    mutate(lines, random) {
      const entry = any(
        random,
        finalLog(lines).filter(({ line }) => line.cmid !== undefined),
      );
      if (entry === null) return null;
      const { conv, seq } = entry.line;
      return changedWhere(lines, (line) => (inLog(line, conv, seq) ? { from: "mallory" } : null));
    },
  },
  {
    name: "a device sees an event that is not in the log",
    breaks: "I2",
    mutate(lines, random) {
      const tail = any(
        random,
        tails(lines).filter(({ line }) => line.cmid !== undefined),
      );
      const seen =
        tail &&
        all(
          lines,
          "deliver",
          ({ conv, seq, epoch }) => conv === tail.line.conv && seq === tail.line.seq && epoch === tail.line.epoch,
        );
      const last = seen?.at(-1);
      if (!last) return null;
      return inserted(lines, last.at, { ...last.line, seq: last.line.seq + 1, cmid: "from nowhere", by: "event" });
    },
  },
  {
    name: "nobody has sent what was acknowledged",
    breaks: "I2",
    mutate(lines, random) {
      const acked = any(random, standing(lines));
      if (acked === null) return null;
      return lines.filter((line) => line.ev !== "invoke" || line.cmid !== acked.line.cmid);
    },
  },
  {
    name: "an event is seen before it is sent",
    breaks: "I2",
    mutate(lines, random) {
      const acked = any(random, standing(lines));
      if (acked === null) return null;
      const { conv, cmid } = acked.line;
      const invoked = lines.findIndex((line) => line.ev === "invoke" && line.cmid === cmid);
      const seen = all(lines, "deliver", (line) => line.conv === conv && line.cmid === cmid)[0];
      const moved = lines[invoked];
      if (moved === undefined || seen === undefined || seen.at < invoked) return null;
      return without(inserted(lines, seen.at, moved), invoked);
    },
  },
  {
    name: "a refused send is in the log",
    breaks: "I3",
    mutate(lines, random) {
      const acked = any(random, standing(lines));
      if (acked === null) return null;
      const { cmid, p, dev, user, conv } = acked.line;
      const answers = all(lines, "ok", (line) => line.cmid === cmid);
      if (answers.length !== 1 || all(lines, "info", (line) => line.cmid === cmid).length > 0) return null;
      return lines.map((line, at) =>
        at === acked.at
          ? ({ t: line.t, p, dev, user, ev: "fail", conv, cmid, code: "forbidden" } as HistoryLine)
          : line,
      );
    },
  },
  {
    name: "a refused send is acknowledged later",
    breaks: "I3",
    mutate(lines, random) {
      const acked = any(random, standing(lines));
      if (acked === null) return null;
      const { cmid, p, dev, user, conv } = acked.line;
      if (all(lines, "ok", (line) => line.cmid === cmid).length !== 1) return null;
      const invoked = all(lines, "invoke", (line) => line.cmid === cmid).at(-1);
      if (invoked === undefined || invoked.at > acked.at) return null;
      return inserted(lines, invoked.at, { p, dev, user, ev: "fail", conv, cmid, code: "forbidden" });
    },
  },
  {
    name: "a repeat is a second event",
    breaks: "I4",
    mutate(lines, random) {
      const tail = any(
        random,
        tails(lines).filter(({ line }) => line.cmid !== undefined),
      );
      return tail && appended(lines, tail, {});
    },
  },
  {
    name: "a repeat is answered with another seq",
    breaks: "I4",
    mutate(lines, random) {
      const acked = any(random, standing(lines));
      return acked && inserted(lines, acked.at, { ...acked.line, seq: acked.line.seq + 1 });
    },
  },
  {
    name: "a send is answered with a seq at which it does not stand",
    breaks: "I4",
    mutate(lines, random) {
      const acked = any(
        random,
        standing(lines).filter(({ line }) => line.seq > 2),
      );
      return acked && changed(lines, acked.at, { seq: acked.line.seq - 1 });
    },
  },
  {
    name: "a repeat of what was acknowledged is refused",
    breaks: "I4",
    mutate(lines, random) {
      const acked = any(random, standing(lines));
      if (acked === null) return null;
      const { cmid, p, dev, user, conv } = acked.line;
      return inserted(lines, acked.at, { p, dev, user, ev: "fail", conv, cmid, code: "conflict" });
    },
  },
  {
    name: "the store has a hole",
    breaks: "I5",
    mutate(lines, random) {
      const ends = new Set(tails(lines).map(({ at }) => at));
      const entry = any(
        random,
        finalLog(lines).filter(({ at }) => !ends.has(at)),
      );
      return entry && without(lines, entry.at);
    },
  },
  {
    name: "a seq is there twice",
    breaks: "I5",
    mutate(lines, random) {
      const entry = any(random, finalLog(lines));
      return entry && inserted(lines, entry.at, entry.line);
    },
  },
  {
    name: "a fresh reader's pages have a hole",
    breaks: "I5",
    mutate(lines, random) {
      const page = one(lines, random, "log", ({ as }) => as === "page");
      return page && without(lines, page.at);
    },
  },
  {
    name: "one device sees another content",
    breaks: "I6",
    mutate(lines, random) {
      const [hashed, twice] = [seenTwice(lines), (line: { readonly hash?: string }) => line.hash !== undefined];
      const seen = one(lines, random, "deliver", (line) => twice(line) && hashed(line));
      return seen && changed(lines, seen.at, { hash: "of another content" });
    },
  },
  {
    name: "one application is given another event",
    breaks: "I6",
    mutate(lines, random) {
      const known = seenTwice(lines);
      const seen = one(lines, random, "apply", (line) => line.cmid !== undefined && known(line));
      return seen && changed(lines, seen.at, { cmid: "of another event" });
    },
  },
  {
    name: "one device sees another sender",
    breaks: "I6",
    mutate(lines, random) {
      const known = seenTwice(lines);
      const seen = one(lines, random, "deliver", (line) => known(line));
      return seen && changed(lines, seen.at, { from: "mallory" });
    },
  },
  {
    name: "two sends are told of one seq",
    breaks: "I6",
    mutate(lines, random) {
      const acked = standing(lines);
      const [a, b] = [any(random, acked), any(random, acked)];
      if (a === null || b === null || a.line.conv !== b.line.conv || a.line.cmid === b.line.cmid) return null;
      return changed(lines, a.at, { seq: b.line.seq, epoch: b.line.epoch });
    },
  },
  {
    name: "store and pages have different contents",
    breaks: "I6",
    mutate(lines, random) {
      const entry = any(
        random,
        finalLog(lines).filter(({ line }) => line.hash !== undefined),
      );
      return entry && changed(lines, entry.at, { hash: "of another content" });
    },
  },
  {
    name: "a body is lost that nobody has deleted",
    breaks: "I6",
    mutate(lines, random) {
      const log = finalLog(lines);
      const entry = any(
        random,
        log.filter(
          ({ line }) =>
            line.hash !== undefined &&
            !log.some(
              (other) => other.line.conv === line.conv && other.line.type === "delete" && other.line.seq >= line.seq,
            ),
        ),
      );
      if (entry === null) return null;
      return lines.map((line, at) => {
        if (at !== entry.at || line.ev !== "log") return line;
        const { hash: _, ...rest } = line;
        return rest as HistoryLine;
      });
    },
  },
];

/** Whether the final log has that event, in the life in which it was seen. */
function seenTwice(
  lines: Lines,
): (line: { readonly conv: string; readonly epoch: string; readonly seq: number }) => boolean {
  const log = new Map(
    finalLog(lines).map(({ line }) => [`${line.conv} ${line.epoch} ${line.seq}`, line.hash !== undefined]),
  );
  return ({ conv, epoch, seq }) => log.get(`${conv} ${epoch} ${seq}`) === true;
}
