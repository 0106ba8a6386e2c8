import { all, any, eventOf, finalLog, inserted, type Lines, one, owner, unrewound } from "./edit-lines.ts";
import type { Mutant } from "./mutant.ts";

/** Who was removed from which conversation for good, and where, in logs without a rewind. */
function removals(lines: Lines) {
  const known = unrewound(lines);
  const last = new Map<
    string,
    { readonly conv: string; readonly user: string; readonly seq: number; readonly removed: boolean }
  >();
  for (const { line } of finalLog(lines)) {
    for (const [user, role] of line.members ?? []) {
      last.set(`${line.conv} ${user}`, { conv: line.conv, user, seq: line.seq, removed: role === null });
    }
  }
  return [...last.values()].filter(({ conv, removed }) => removed && known(conv));
}

/** Who joined a conversation that was there already, and has only what came after. */
function joiners(lines: Lines) {
  const known = unrewound(lines);
  const whole = new Set(finalLog(lines).flatMap(({ line }) => (line.wholeHistory === true ? [line.conv] : [])));
  const first = new Map<string, { readonly conv: string; readonly user: string; readonly seq: number }>();
  for (const { line } of finalLog(lines)) {
    for (const [user] of line.members ?? []) {
      const key = `${line.conv} ${user}`;
      if (!first.has(key)) first.set(key, { conv: line.conv, user, seq: line.seq });
    }
  }
  return [...first.values()].filter(({ conv, seq }) => seq > 1 && !whole.has(conv) && known(conv));
}

function users(lines: Lines): ReadonlySet<string> {
  return new Set(all(lines, "conn").map(({ line }) => line.user));
}

/** A conversation of the final state, and a device whose user never was a member of it. */
function stranger(lines: Lines) {
  const known = unrewound(lines);
  const members = new Set(
    finalLog(lines).flatMap(({ line }) => (line.members ?? []).map(([user]) => `${line.conv} ${user}`)),
  );
  const convs = [...new Set(finalLog(lines).map(({ line }) => line.conv))].filter(known);
  return all(lines, "welcome").flatMap(({ at, line }) =>
    convs.flatMap((conv) => (members.has(`${conv} ${line.user}`) ? [] : [{ at, line, conv }])),
  );
}

export const MUTANTS_OF_MEMBERS: readonly Mutant[] = [
  {
    name: "who was removed goes on reading",
    breaks: "I17",
    mutate(lines, random) {
      const who = any(random, removals(lines));
      const entry =
        who &&
        any(
          random,
          finalLog(lines, who.conv).filter(({ line }) => line.seq > who.seq),
        );
      const device = who && all(lines, "welcome", ({ user }) => user === who.user).at(-1);
      if (!entry || !device) return null;
      const seen = all(lines, "deliver", (line) => line.conv === entry.line.conv && line.seq === entry.line.seq)[0];
      if (seen === undefined || seen.at < device.at) return null;
      return inserted(lines, seen.at, { ...owner(device.line), ev: "deliver", by: "event", ...eventOf(seen.line) });
    },
  },
  {
    name: "who joined reads what was before",
    breaks: "I17",
    mutate(lines, random) {
      const who = any(random, joiners(lines));
      const entry =
        who &&
        any(
          random,
          finalLog(lines, who.conv).filter(({ line }) => line.seq < who.seq),
        );
      const device =
        who &&
        any(
          random,
          all(lines, "head", ({ user, conv }) => user === who.user && conv === who.conv),
        );
      if (!entry || !device) return null;
      return inserted(lines, device.at, { ...owner(device.line), ev: "deliver", by: "page", ...eventOf(entry.line) });
    },
  },
  {
    name: "who was never removed is told that it is gone",
    breaks: "I17",
    mutate(lines, random) {
      const known = unrewound(lines);
      const removed = new Set<string>();
      for (const { line } of finalLog(lines)) {
        for (const [user, role] of line.members ?? []) if (role === null) removed.add(`${line.conv} ${user}`);
      }
      const applied = one(lines, random, "apply", ({ conv, user }) => known(conv) && !removed.has(`${conv} ${user}`));
      return applied && inserted(lines, applied.at, { ...owner(applied.line), ev: "gone", conv: applied.line.conv });
    },
  },
  {
    name: "a message stands in the log of who was no member any more",
    breaks: "I17",
    mutate(lines, random) {
      const who = any(random, removals(lines));
      const entry =
        who &&
        any(
          random,
          finalLog(lines, who.conv).filter(({ line }) => line.seq > who.seq && line.cmid !== undefined),
        );
      if (!who || !entry) return null;
      const { conv, cmid, from } = entry.line;
      return lines.map((line) => {
        if (!("conv" in line) || line.conv !== conv || !("cmid" in line) || line.cmid !== cmid) return line;
        if ("from" in line && line.from === from) return { ...line, from: who.user };
        return "user" in line && line.user === from ? { ...line, user: who.user } : line;
      });
    },
  },
  {
    name: "a stranger reads along",
    breaks: "I18",
    mutate(lines, random) {
      const who = any(random, stranger(lines));
      const seen =
        who &&
        any(
          random,
          all(lines, "deliver", ({ conv }, at) => conv === who.conv && at > who.at),
        );
      return (
        who &&
        seen &&
        inserted(lines, seen.at, { ...owner(who.line), ev: "deliver", by: "event", ...eventOf(seen.line) })
      );
    },
  },
  {
    name: "a stranger is told of a head",
    breaks: "I18",
    mutate(lines, random) {
      const who = any(random, stranger(lines));
      const [first] = who === null ? [] : finalLog(lines, who.conv);
      if (!who || !first) return null;
      const { conv, epoch } = first.line;
      return inserted(lines, who.at, { ...owner(who.line), ev: "head", by: "heads", conv, epoch, head: 1 });
    },
  },
  {
    name: "a stranger's presence is told",
    breaks: "I18",
    mutate(lines, random) {
      if (users(lines).has("mallory") || lines.some(({ ev }) => ev === "rewind")) return null;
      const welcome = one(lines, random, "welcome");
      return (
        welcome &&
        inserted(lines, welcome.at, { ...owner(welcome.line), ev: "presence", of: "mallory", status: "online" })
      );
    },
  },
];
