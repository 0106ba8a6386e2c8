import type { HistoryLine, SeenEvent } from "../history-line.ts";
import { check } from "./check.ts";

export const [C, E1, E2] = ["c1", "e1", "e2"] as const;

/** A log's events: `meta` of ann and ben, then what is given. */
export function logOf(...rest: readonly Partial<SeenEvent>[]): SeenEvent[] {
  const meta = { type: "meta", from: "ann", members: [["ann", "owner"] as const, ["ben", "member"] as const] };
  return [meta, ...rest].map((event, at) => ({
    conv: C,
    epoch: E1,
    seq: at + 1,
    type: "message",
    from: "ann",
    ...event,
  }));
}

/** A message of ann's: its id is its content. */
export function message(cmid: string, from = "ann"): Partial<SeenEvent> {
  return { cmid, hash: `h${cmid}`, from };
}

/** Writes small histories by hand, a line a call, 10 ms apart. */
export class HistoryOfTest {
  readonly lines: HistoryLine[] = [];
  t = 0;

  wait(ms: number): this {
    this.t += ms;
    return this;
  }

  sim(line: object): this {
    return this.#write({ p: "sim", ...line });
  }

  process(p: string, line: object): this {
    return this.#write({ p, ...line });
  }

  /** A line of `ann.1` in its first life; `ann.1#2` is its second. */
  dev(life: string, line: object): this {
    const [dev = life, n = "1"] = life.split("#");
    return this.#write({ p: `${dev}#${n}`, dev, user: dev.split(".")[0], ...line });
  }

  /** It connects to n1, presents cursors, and is welcomed. */
  connect(life: string, connection = 1, cursors: readonly unknown[] = []): this {
    this.dev(life, { ev: "conn", node: "n1#1", connection }).dev(life, { ev: "have", cursors });
    return this.dev(life, { ev: "welcome", node: "n1#1", connection, resumed: false });
  }

  begin(life: string, seq: number, why = "begin", epoch: string = E1): this {
    return this.dev(life, { ev: "reset", conv: C, epoch, seq, why });
  }

  invoke(life: string, cmid: string): this {
    return this.dev(life, { ev: "invoke", op: "send", conv: C, cmid, hash: `h${cmid}` });
  }

  ok(life: string, cmid: string, seq: number, epoch: string = E1): this {
    return this.dev(life, { ev: "ok", conv: C, cmid, epoch, seq });
  }

  fail(life: string, cmid: string, code = "forbidden"): this {
    return this.dev(life, { ev: "fail", conv: C, cmid, code });
  }

  /** Delivered, and applied. */
  take(life: string, ...events: readonly SeenEvent[]): this {
    for (const event of events)
      this.dev(life, { ev: "deliver", by: "event", ...event }).dev(life, { ev: "apply", ...event });
    return this;
  }

  /** Faults end, all becomes quiet, and the final state is read: logs, members, and windows at the head. */
  end(log: readonly SeenEvent[], windows: readonly string[] = [], marks: Record<string, number> = {}): this {
    this.sim({ ev: "heal" }).sim({ ev: "quiesced", quiet: true });
    for (const as of ["page", "store"]) for (const event of log) this.sim({ ev: "log", as, ...event });
    const head = log.length;
    for (const of of ["ann", "ben"]) {
      const mark = marks[of] ?? head;
      this.sim({ ev: "member", conv: C, of, role: "member", delivered: mark, read: mark });
    }
    const shown = log.filter(({ type }) => ["message", "meta", "member"].includes(type)).map(({ seq }) => seq);
    const epoch = log[0]?.epoch;
    for (const dev of windows)
      this.sim({ ev: "shown", dev, conv: C, epoch, cursor: head, seqs: shown, status: "live" });
    return this;
  }

  #write(line: object): this {
    this.t += 10;
    this.lines.push({ t: this.t, ...line } as HistoryLine);
    return this;
  }
}

/** ann sends m1 and m2, ben has them; all is well. The change comes before the end. */
export function chat(change: (history: HistoryOfTest, log: readonly SeenEvent[]) => void = () => {}): HistoryOfTest {
  const log = logOf(message("m1"), message("m2"));
  const history = begun(log);
  change(history, log);
  return history.end(log, ["ann.1", "ben.1"]);
}

/** The same without its end. */
export function begun(log: readonly SeenEvent[]): HistoryOfTest {
  const [, m1, m2] = log as [SeenEvent, SeenEvent, SeenEvent];
  return new HistoryOfTest()
    .connect("ann.1")
    .connect("ben.1")
    .begin("ann.1", 1)
    .begin("ben.1", 1)
    .invoke("ann.1", "m1")
    .dev("ann.1", { ev: "deliver", by: "sent", ...m1 })
    .dev("ann.1", { ev: "apply", ...m1 })
    .ok("ann.1", "m1", 2)
    .take("ben.1", m1)
    .invoke("ann.1", "m2")
    .dev("ann.1", { ev: "deliver", by: "sent", ...m2 })
    .dev("ann.1", { ev: "apply", ...m2 })
    .ok("ann.1", "m2", 3)
    .take("ben.1", m2);
}

/** The guarantees that a history violates. */
export function violated({ lines }: HistoryOfTest): readonly string[] {
  return [...new Set(check(lines).violations.map(({ id }) => id))].sort();
}

export function at(log: readonly SeenEvent[], seq: number): SeenEvent {
  return log[seq - 1] as SeenEvent;
}

export function inEpoch(log: readonly SeenEvent[], epoch: string): SeenEvent[] {
  return log.map((event) => ({ ...event, epoch }));
}
