import type { SeededRandom } from "../../seeded-random.ts";
import {
  all,
  any,
  changed,
  type Found,
  healed,
  inserted,
  type Lines,
  lastLives,
  one,
  owner,
  quiet,
  without,
} from "./edit-lines.ts";
import type { Mutant } from "./mutant.ts";

interface Leaving {
  readonly draining: Found<"draining">;
  readonly close: Found<"close">;
  readonly drain: Found<"drain"> | null;
}

/** Sessions that a draining gateway had at its beginning, and how they ended before it did. */
function leavings(lines: Lines): readonly Leaving[] {
  return all(lines, "draining").flatMap((draining) => {
    const end = lines.findIndex(
      (line, at) => at > draining.at && line.p === draining.line.p && ["stop", "crash"].includes(line.ev),
    );
    const gateway = draining.line.p.split("#", 1)[0];
    const opened = all(lines, "welcome", ({ node }, at) => at < draining.at && node.split("#", 1)[0] === gateway);
    return opened.flatMap(({ line: { p, connection } }) => {
      const own = (line: { readonly p: string; readonly connection: number }) =>
        line.p === p && line.connection === connection;
      const close = all(lines, "close", own)[0];
      const drain = all(lines, "drain", own)[0] ?? null;
      return close === undefined || close.at < draining.at || close.at > end ? [] : [{ draining, close, drain }];
    });
  });
}

function leaving(lines: Lines, random: SeededRandom, fits: (leaving: Leaving) => boolean = () => true): Leaving | null {
  return any(random, leavings(lines).filter(fits));
}

export const MUTANTS_OF_PROCESSES: readonly Mutant[] = [
  {
    name: "a draining gateway drops a session",
    breaks: "I22",
    mutate(lines, random) {
      const found = leaving(lines, random);
      return found && changed(lines, found.close.at, { code: 1006, side: "gateway" });
    },
  },
  {
    name: "a draining gateway does not wait for the end of its window",
    breaks: "I22",
    mutate(lines, random) {
      const found = leaving(
        lines,
        random,
        ({ draining, close }) => close.line.t < draining.line.t + draining.line.within,
      );
      return found && changed(lines, found.close.at, { code: 4001, side: "gateway" });
    },
  },
  {
    name: "a client is told to go after the end of the window",
    breaks: "I22",
    mutate(lines, random) {
      const found = leaving(lines, random, ({ drain }) => drain !== null);
      return found?.drain ? changed(lines, found.drain.at, { delay: found.drain.line.within + 1 }) : null;
    },
  },
  {
    name: "a client is sent away, and was never told to go",
    breaks: "I22",
    mutate(lines, random) {
      const found = leaving(lines, random, ({ drain, close }) => drain !== null && close.line.code === 4001);
      return found?.drain ? without(lines, found.drain.at) : null;
    },
  },
  {
    name: "what is over its rate is refused for good",
    breaks: "I23",
    mutate(lines, random) {
      const invoked = one(lines, random, "invoke");
      if (invoked === null) return null;
      const { conv, cmid } = invoked.line;
      return inserted(lines, invoked.at, { ...owner(invoked.line), ev: "fail", conv, cmid, code: "rate_limited" });
    },
  },
  {
    name: "a device sends as much as it likes",
    breaks: "I23",
    mutate(lines, random) {
      const acked = one(lines, random, "ok");
      if (acked === null) return null;
      const { conv, epoch, seq } = acked.line;
      const flood = Array.from({ length: 1_600 }, (_, at) => {
        const send = { ...owner(acked.line), conv, cmid: `flood ${at}` };
        return [
          { ...send, ev: "invoke", op: "send", hash: `of flood ${at}` },
          { ...send, ev: "ok", epoch, seq: seq + at },
        ];
      });
      return inserted(lines, acked.at, ...flood.flat());
    },
  },
  {
    name: "a device never comes back",
    breaks: "I24",
    mutate(lines, random) {
      const [end, lives] = [quiet(lines), lastLives(lines)];
      const last = any(
        random,
        [...lives].flatMap((p) => all(lines, "welcome", (line, at) => line.p === p && at < end).slice(-1)),
      );
      if (last === null) return null;
      const { p, connection } = last.line;
      const closed = lines.some((line) => line.ev === "close" && line.p === p && line.connection === connection);
      const rest = closed
        ? lines.filter((line) => line.ev !== "close" || line.p !== p || line.connection !== connection)
        : lines;
      const behind = Math.max(healed(lines), last.at);
      return inserted(rest, behind - (rest.length < lines.length ? 1 : 0), {
        ...{ ...owner(last.line), ev: "close", connection, code: 1006, side: "network" },
      });
    },
  },
  {
    name: "a send is never answered",
    breaks: "I24",
    mutate(lines, random) {
      const lives = lastLives(lines);
      const invoked = one(lines, random, "invoke", ({ p }) => lives.has(p));
      if (invoked === null) return null;
      const { cmid } = invoked.line;
      return lines.filter(
        (line) => (line.ev !== "ok" && line.ev !== "fail" && line.ev !== "info") || line.cmid !== cmid,
      );
    },
  },
  {
    name: "what is sent after healing is never answered",
    breaks: "I24",
    mutate(lines) {
      const [from, end, lives] = [healed(lines), quiet(lines), lastLives(lines)];
      const invoked = all(lines, "invoke", ({ p }, at) => lives.has(p) && at > from && at < end).at(-1);
      if (from < 0 || invoked === undefined) return null;
      return inserted(lines, invoked.at, { ...invoked.line, cmid: "never answered", hash: "of no answer" });
    },
  },
  {
    name: "a timer is left",
    breaks: "I25",
    mutate(lines, random) {
      const left = one(lines, random, "left");
      return left && changed(lines, left.at, { value: left.line.baseline + 1 });
    },
  },
  {
    name: "a topic is left that nobody listens for",
    breaks: "I25",
    mutate: (lines) =>
      inserted(lines, lines.length - 1, { p: "sim", ev: "left", name: "topics of n1", value: 3, baseline: 2 }),
  },
];
