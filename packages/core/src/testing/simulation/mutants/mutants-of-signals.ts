import type { SeededRandom } from "../../seeded-random.ts";
import type { HistoryLine } from "../history-line.ts";
import {
  all,
  any,
  changed,
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

/** A receipt in a log without a rewind, to a device that looks at it. */
function receipt(
  lines: Lines,
  random: SeededRandom,
  fits: (line: Found<"receipt">["line"]) => boolean,
): Found<"receipt"> | null {
  const known = unrewound(lines);
  return one(lines, random, "receipt", (line) => known(line.conv) && fits(line));
}

/** The last receipts that lasting devices were told before all was quiet, of others who are members. */
function lastReceipts(lines: Lines): readonly Found<"receipt">[] {
  const known = unrewound(lines);
  const [end, lives] = [quiet(lines), lastLives(lines)];
  const shown = new Set(all(lines, "shown").map(({ line }) => `${line.dev} ${line.conv}`));
  const members = new Set(all(lines, "member").map(({ line }) => `${line.conv} ${line.of}`));
  const last = new Map<string, Found<"receipt">>();
  for (const found of all(lines, "receipt", (_, at) => at < end)) {
    const { p, dev, conv, of, user } = found.line;
    if (!lives.has(p) || of === user || !known(conv) || !shown.has(`${dev} ${conv}`) || !members.has(`${conv} ${of}`))
      continue;
    last.set(`${p} ${conv} ${of}`, found);
  }
  return [...last.values()];
}

/** Users who were never removed from anything. */
function staying(lines: Lines): (user: string) => boolean {
  const removed = new Set<string>();
  for (const line of lines) {
    if (line.ev !== "log" && line.ev !== "deliver") continue;
    for (const [user, role] of line.members ?? []) if (role === null) removed.add(user);
  }
  return (user) => !removed.has(user);
}

const CALM: ReadonlySet<string> = new Set(["F1", "F4", "F11", "F24", "F25", "F26", "F27", "F32", "F33"]);

/** Whether nothing happens that delays presence. */
function calm(lines: Lines): boolean {
  return !lines.some((line) => line.ev === "nemesis" && !CALM.has(line.fault));
}

export const MUTANTS_OF_SIGNALS: readonly Mutant[] = [
  {
    name: "a receipt falls",
    breaks: "I14",
    mutate(lines, random) {
      const found = receipt(lines, random, ({ delivered, read }) => delivered > read);
      return found && inserted(lines, found.at, { ...found.line, delivered: found.line.delivered - 1 });
    },
  },
  {
    name: "`read` falls",
    breaks: "I14",
    mutate(lines, random) {
      const found = receipt(lines, random, ({ read }) => read > 0);
      return found && inserted(lines, found.at, { ...found.line, read: found.line.read - 1 });
    },
  },
  {
    name: "somebody has read what they have not got",
    breaks: "I14",
    mutate(lines, random) {
      const found = receipt(lines, random, () => true);
      return found && changed(lines, found.at, { read: found.line.delivered + 1 });
    },
  },
  {
    name: "somebody has what is not there",
    breaks: "I14",
    mutate(lines, random) {
      const found = receipt(lines, random, () => true);
      const head = found && finalLog(lines, found.line.conv).length;
      return found && changed(lines, found.at, { delivered: (head ?? 0) + 5 });
    },
  },
  {
    name: "somebody has what is only sent later",
    breaks: "I14",
    mutate(lines, random) {
      const found = receipt(lines, random, () => true);
      if (found === null) return null;
      const sent = new Map(all(lines, "invoke").map(({ at, line }) => [line.cmid, at]));
      const later = finalLog(lines, found.line.conv).find(({ line }) => (sent.get(line.cmid ?? "") ?? -1) > found.at);
      return later === undefined ? null : changed(lines, found.at, { delivered: later.line.seq });
    },
  },
  {
    name: "who looks is never told the last receipt",
    breaks: "I14",
    mutate(lines, random) {
      if (lines.some((line) => line.ev === "nemesis" && !["F1", "F4", "F11"].includes(line.fault))) return null;
      const found = any(random, lastReceipts(lines));
      if (found === null || found.line.delivered < 2) return null;
      const { delivered, read } = found.line;
      return changed(lines, found.at, { delivered: delivered - 1, read: Math.min(read, delivered - 1) });
    },
  },
  {
    name: "the store forgets what a device has",
    breaks: "I14",
    mutate(lines, random) {
      const cursors = new Map(all(lines, "shown").map(({ line }) => [`${line.dev} ${line.conv}`, line.cursor]));
      const users = new Map(all(lines, "conn").map(({ line }) => [line.dev, line.user]));
      const had = new Set(
        [...cursors.keys()].map((key) => `${key.split(" ")[1]} ${users.get(key.split(" ")[0] ?? "")}`),
      );
      const member = one(
        lines,
        random,
        "member",
        ({ conv, of, delivered }) => had.has(`${conv} ${of}`) && delivered > 1,
      );
      return member && changed(lines, member.at, { delivered: 0, read: 0 });
    },
  },
  {
    name: "an outbox is over its cap by one",
    breaks: "I15",
    mutate(lines, random) {
      const at = random.below(quiet(lines));
      return inserted(lines, at, { p: "n1#1", ev: "gauge", name: "outbox events", value: 101, max: 100 });
    },
  },
  {
    name: "an outbox has no cap",
    breaks: "I15",
    mutate(lines, random) {
      const gauge = one(lines, random, "gauge");
      return gauge && changed(lines, gauge.at, { value: gauge.line.max * 10 });
    },
  },
  {
    name: "who never typed is seen typing",
    breaks: "I20",
    mutate(lines, random) {
      const typists = new Set(all(lines, "typing").map(({ line }) => `${line.conv} ${line.user}`));
      const seen = one(lines, random, "head", ({ conv }) => [...typists].some((each) => each.startsWith(`${conv} `)));
      if (seen === null) return null;
      return inserted(lines, seen.at, { ...owner(seen.line), ev: "typist", conv: seen.line.conv, of: "mallory" });
    },
  },
  {
    name: "typing is told again and again",
    breaks: "I20",
    mutate(lines, random) {
      if (lines.some((line) => line.ev === "nemesis" && ["F17", "F18", "F23", "repeat polls"].includes(line.fault)))
        return null;
      const seen = one(lines, random, "typist");
      return seen && inserted(lines, seen.at, ...Array.from({ length: 40 }, () => seen.line));
    },
  },
  {
    name: "typing is told long after",
    breaks: "I20",
    mutate(lines, random) {
      const seen = one(lines, random, "typist");
      if (seen === null) return null;
      const { conv, of } = seen.line;
      const typed = all(lines, "typing", (line) => line.conv === conv && line.user === of);
      const devices = new Set(typed.map(({ line }) => line.dev));
      // who plays a session again types once more
      const again = all(lines, "nemesis", (line) => line.fault === "F23" && devices.has(line.target));
      const t = Math.max(0, ...[typed, again].map((each) => each.at(-1)?.line.t ?? 0)) + 40_000;
      return t < (lines[quiet(lines)]?.t ?? 0) ? insertedAt(without(lines, seen.at), { ...seen.line, t }) : null;
    },
  },
  {
    name: "typing stands in the log",
    breaks: "I20",
    mutate(lines, random) {
      const entry = any(random, finalLog(lines));
      if (entry === null) return null;
      const last = finalLog(lines, entry.line.conv).at(-1);
      const { at = 0, line } = last ?? entry;
      return inserted(lines, at, { ...line, seq: line.seq + 1, type: "typing", cmid: "typed", hash: undefined });
    },
  },
  {
    name: "who is connected is told to be offline",
    breaks: "I21",
    mutate(lines, random) {
      if (!calm(lines)) return null;
      const told = new Set(all(lines, "presence").map(({ line }) => `${line.dev} ${line.of}`));
      const [end, from] = [quiet(lines), healed(lines)];
      const lives = lastLives(lines);
      const watcher = one(lines, random, "presence", (line) => lives.has(line.p) && told.has(`${line.dev} ${line.of}`));
      if (watcher === null) return null;
      const there = all(lines, "welcome", ({ user, p }, at) => user === watcher.line.of && lives.has(p) && at < end).at(
        -1,
      );
      const hidden = lines.some(
        (line) => line.ev === "activity" && line.state === "invisible" && line.user === watcher.line.of,
      );
      if (there === undefined || hidden) return null;
      const closed = lines.some(
        (line, at) =>
          line.ev === "close" && line.p === there.line.p && line.connection === there.line.connection && at < end,
      );
      const t = Math.max(there.line.t + 5_000, lines[from]?.t ?? 0);
      if (closed || t >= (lines[end]?.t ?? 0)) return null;
      return insertedAt(lines, { ...watcher.line, t, status: "offline" });
    },
  },
  {
    name: "what was told last of somebody's presence is not so",
    breaks: "I21",
    mutate(lines, random) {
      const last = any(random, lastPresence(lines));
      return last && changed(lines, last.at, { status: last.line.status === "offline" ? "online" : "offline" });
    },
  },
  {
    name: "who is gone is never told to be",
    breaks: "I21",
    mutate(lines, random) {
      const gone = any(
        random,
        lastPresence(lines).filter(({ line }) => line.status === "offline"),
      );
      return gone && without(lines, gone.at);
    },
  },
];

function hides(line: HistoryLine): boolean {
  return line.ev === "activity" && line.state === "invisible";
}

/** The last word on each user that those were told who were connected to the end, where nobody was ever removed. */
function lastPresence(lines: Lines): readonly Found<"presence">[] {
  const stays = staying(lines);
  const alive = all(lines, "alive").at(-1);
  const known = new Map(all(lines, "alive").map(({ line }) => [line.of, line.on]));
  if (alive === undefined || !calm(lines) || lines.some(hides)) return [];
  const open = new Set<string>();
  for (const line of lines.slice(0, alive.at)) {
    if (line.ev === "welcome") open.add(line.p);
    else if (line.ev === "close" || line.ev === "crash" || line.ev === "stop") open.delete(line.p);
  }
  const last = new Map<string, Found<"presence">>();
  for (const found of all(
    lines,
    "presence",
    ({ p, of, user }, at) => at < alive.at && open.has(p) && stays(of) && stays(user),
  )) {
    last.set(`${found.line.p} ${found.line.of}`, found);
  }
  return [...last.values()].filter(({ line }) => known.get(line.of) === (line.status !== "offline"));
}
