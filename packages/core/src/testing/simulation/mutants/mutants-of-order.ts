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
  owner,
  standing,
  unrewound,
  without,
} from "./edit-lines.ts";
import type { Mutant } from "./mutant.ts";

interface Sent {
  readonly conv: string;
  readonly seq: number;
  readonly cmid: string;
  readonly p: string;
  readonly invoked: number;
  readonly answered: number;
}

/** Sends that were invoked and answered once, in logs without a rewind. */
function simpleSends(lines: Lines): readonly Sent[] {
  const known = unrewound(lines);
  const counts = new Map<string, number>();
  for (const line of lines) {
    if (line.ev !== "invoke" && line.ev !== "ok" && line.ev !== "fail" && line.ev !== "info") continue;
    counts.set(line.cmid, (counts.get(line.cmid) ?? 0) + 1);
  }
  const invoked = new Map(all(lines, "invoke").map(({ at, line }) => [line.cmid, at]));
  return standing(lines).flatMap(({ at, line: { conv, seq, cmid, p } }) =>
    known(conv) && counts.get(cmid) === 2
      ? [{ conv, seq, cmid, p, invoked: invoked.get(cmid) ?? at, answered: at }]
      : [],
  );
}

/** Two events have changed places, whoever looks. */
function swapped(lines: Lines, a: Sent, b: Sent): Lines | null {
  const entries = finalLog(lines, a.conv);
  const [one, other] = [a, b].map(({ seq }) => entries.find(({ line }) => line.seq === seq)?.line);
  if (one === undefined || other === undefined) return null;
  return changedWhere(lines, (line) => {
    if (line.ev === "ok" && line.conv === a.conv) {
      if (line.cmid === a.cmid) return { seq: b.seq };
      return line.cmid === b.cmid ? { seq: a.seq } : null;
    }
    if ((line.ev !== "log" && line.ev !== "deliver" && line.ev !== "apply") || line.conv !== a.conv) return null;
    if (line.seq === a.seq) return { ...eventOf(other), seq: a.seq };
    return line.seq === b.seq ? { ...eventOf(one), seq: b.seq } : null;
  });
}

/** Lowers a head that was told, below what had been told before. */
function fallen(lines: Lines, by: "page" | "subscribed", pick: (length: number) => number): Lines | null {
  const known = unrewound(lines);
  const heads = all(lines, "head", (line) => line.by === by && line.head > 3 && known(line.conv));
  const found = heads.filter(({ at, line }) => {
    const opened = all(lines, "conn", ({ p }, no) => p === line.p && no < at).at(-1);
    return opened !== undefined && toldBefore(lines, opened.at, line.conv, opened.line.t) >= line.head - 1;
  });
  const head = found[pick(found.length)];
  return head === undefined ? null : changed(lines, head.at, { head: head.line.head - 2 });
}

/** The highest seq of a conversation that was acknowledged before a moment. */
function toldBefore(lines: Lines, at: number, conv: string, t: number): number {
  let highest = 0;
  for (let no = 0; no < at; no++) {
    const line = lines[no];
    if (line?.ev === "ok" && line.conv === conv && line.t < t) highest = Math.max(highest, line.seq);
  }
  return highest;
}

export const MUTANTS_OF_ORDER: readonly Mutant[] = [
  {
    name: "what was sent later stands before what was acknowledged",
    breaks: "I10",
    mutate(lines, random) {
      const sends = simpleSends(lines);
      const a = any(random, sends);
      const b =
        a &&
        any(
          random,
          sends.filter((each) => each.conv === a.conv && each.p !== a.p && each.invoked > a.answered),
        );
      return a && b && swapped(lines, a, b);
    },
  },
  {
    name: "the newest stands before the oldest",
    breaks: "I10",
    mutate(lines, random) {
      const sends = simpleSends(lines);
      const conv = any(random, sends)?.conv;
      const own = sends.filter((each) => each.conv === conv).toSorted((a, b) => a.seq - b.seq);
      const [a, b] = [own[0], own.at(-1)];
      return a && b && a.answered < b.invoked ? swapped(lines, a, b) : null;
    },
  },
  {
    name: "a device's sends stand in another order than sent",
    breaks: "I11",
    mutate(lines, random) {
      const sends = simpleSends(lines);
      const pairs = sends.flatMap((a) => {
        const b = sends.find(
          (each) => each.p === a.p && each.conv === a.conv && each.invoked > a.invoked && each.invoked < a.answered,
        );
        return b === undefined ? [] : [[a, b] as const];
      });
      const pair = any(random, pairs);
      return pair && swapped(lines, pair[0], pair[1]);
    },
  },
  {
    name: "a device's send passes one that is still on its way",
    breaks: "I11",
    mutate(lines, random) {
      const sends = simpleSends(lines);
      const pairs = sends.flatMap((a) => {
        const b = sends.find(
          (each) => each.p === a.p && each.conv === a.conv && each.invoked > a.invoked && each.invoked < a.answered,
        );
        return b === undefined ? [] : [[a, b] as const];
      });
      const pair = any(random, pairs);
      if (pair === null) return null;
      const [a, b] = pair;
      const [first, second] = [lines[a.invoked], lines[b.invoked]];
      if (first?.ev !== "invoke" || second?.ev !== "invoke") return null;
      const { cmid, hash } = first;
      const exchanged = changed(lines, a.invoked, { cmid: second.cmid, hash: second.hash });
      return changed(exchanged, b.invoked, { cmid, hash });
    },
  },
  {
    name: "a page tells of an older head",
    breaks: "I12",
    mutate: (lines, random) => fallen(lines, "page", (length) => random.below(length)),
  },
  {
    name: "who subscribes is told of an older head",
    breaks: "I12",
    mutate: (lines, random) => fallen(lines, "subscribed", (length) => random.below(length)),
  },
  {
    name: "a log is to be read anew in the same life",
    breaks: "I12",
    mutate(lines, random) {
      const applied = one(lines, random, "apply");
      if (applied === null) return null;
      const { conv, epoch, seq } = applied.line;
      return inserted(lines, applied.at, {
        ...owner(applied.line),
        ev: "reset",
        conv,
        epoch,
        seq: seq - 1,
        why: "epoch",
      });
    },
  },
  {
    name: "the sender's next page lacks what was acknowledged",
    breaks: "I13",
    mutate(lines, random) {
      const acked = any(random, standing(lines));
      if (acked === null) return null;
      const { conv, epoch, seq, t } = acked.line;
      const later = lines.findIndex((line) => line.t > t + 1);
      if (later < 0) return null;
      return inserted(lines, later, {
        ...owner(acked.line),
        ev: "head",
        by: "page",
        asked: t + 1,
        conv,
        epoch,
        head: seq - 1,
      });
    },
  },
  {
    name: "the sender's own event comes after its answer",
    breaks: "I13",
    mutate(lines, random) {
      if (lines.some((line) => line.ev === "nemesis" && ["F17", "F18", "F23", "repeat polls"].includes(line.fault)))
        return null;
      const sent = one(lines, random, "deliver", ({ by, p }, at) => {
        return (
          by === "sent" &&
          lines.slice(0, at).findLast((line) => line.p === p && ["welcome", "close"].includes(line.ev))?.ev ===
            "welcome"
        );
      });
      return sent && inserted(lines, sent.at, { ...sent.line, by: "event" });
    },
  },
  {
    name: "an answer comes twice, from two lives of the log that no rewind parted",
    breaks: "I19",
    mutate(lines, random) {
      const acked = any(random, standing(lines));
      return acked && inserted(lines, acked.at, { ...acked.line, epoch: "of another life" });
    },
  },
  {
    name: "one device is told of another epoch",
    breaks: "I19",
    mutate(lines, random) {
      const seen = one(lines, random, "deliver");
      return seen && changed(lines, seen.at, { epoch: "of another life" });
    },
  },
  {
    name: "a head is told of another epoch",
    breaks: "I19",
    mutate(lines, random) {
      const head = one(lines, random, "head");
      return head && changed(lines, head.at, { epoch: "of another life" });
    },
  },
  {
    name: "a log begins another life, and the store was not rewound",
    breaks: "I19",
    mutate(lines) {
      const rewind = all(lines, "rewind").at(-1);
      if (rewind === undefined) return null;
      const moved = rewind.line.epochs.filter(([conv, , to]) =>
        finalLog(lines, conv).some(({ line }) => line.epoch === to),
      );
      const seen = moved.some(([conv, from]) =>
        lines.some((line) => line.ev === "deliver" && line.conv === conv && line.epoch === from),
      );
      return seen ? without(lines, rewind.at) : null;
    },
  },
  {
    name: "what is sent after a rewind is numbered in the life before",
    breaks: "I19",
    mutate(lines, random) {
      const rewind = all(lines, "rewind").at(-1);
      if (rewind === undefined) return null;
      const epochs = new Map(rewind.line.epochs.map(([conv, from, to]) => [conv, { from, to }]));
      const late = standing(lines).filter(({ line }) => {
        const invoked = lines.findIndex((each) => each.ev === "invoke" && each.cmid === line.cmid);
        return invoked > rewind.at && epochs.get(line.conv)?.to === line.epoch;
      });
      const acked = any(random, late);
      return acked && changed(lines, acked.at, { epoch: epochs.get(acked.line.conv)?.from });
    },
  },
];
