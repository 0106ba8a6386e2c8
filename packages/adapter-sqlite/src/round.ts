import type { DatabaseSync } from "node:sqlite";
import type { Answer, Call, FromWorker, ReadCall, WriteCall, WriteCalls } from "./calls.ts";
import { read } from "./read.ts";
import type { ReadStatements } from "./read-statements.ts";
import { refusalOf } from "./refusal.ts";
import { inTransaction } from "./transaction.ts";
import { WriteRound } from "./write-round.ts";
import type { WriteStatements } from "./write-statements.ts";

/** Every statement of the store. */
interface Statements {
  readonly read: ReadStatements;
  readonly write: WriteStatements;
}

type Placed<Kind extends Call> = readonly [place: number, call: Kind];
type PlacedAnswer = readonly [place: number, answer: Answer];

/**
 * Answers one round of calls: every write that waited in one transaction (group commit: one fsync for
 * all of them), then the reads, which see it. Writes are told as soon as they are on disk.
 */
export function runRound(
  database: DatabaseSync,
  statements: Statements,
  round: readonly Call[],
  tell: (message: FromWorker) => void,
): void {
  const writes: Placed<WriteCall>[] = [];
  const reads: Placed<ReadCall>[] = [];
  for (const [place, call] of round.entries()) {
    if (isWrite(call)) writes.push([place, call]);
    else reads.push([place, call]);
  }
  if (writes.length > 0) tell({ answers: commit(database, statements, writes) });
  if (reads.length > 0)
    tell({ answers: reads.map(([place, call]) => [place, attempt(() => read(statements.read, call))]) });
}

const WRITES: Readonly<Record<keyof WriteCalls, true>> = {
  append: true,
  create: true,
  raise: true,
  put: true,
  ban: true,
  block: true,
  remove: true,
  keep: true,
  expire: true,
  erase: true,
  lease: true,
  move: true,
  revoke: true,
};

function isWrite(call: Call): call is WriteCall {
  return Object.hasOwn(WRITES, call.name);
}

function commit(
  database: DatabaseSync,
  statements: Statements,
  writes: readonly Placed<WriteCall>[],
): readonly PlacedAnswer[] {
  try {
    return inTransaction(database, () => {
      const round = new WriteRound(statements.write);
      const answers = writes.map(([place, call]): PlacedAnswer => [place, { value: write(round, call) }]);
      round.finish();
      return answers;
    });
  } catch (error) {
    // One call that cannot be written must not take the others with it.
    if (writes.length > 1) return writes.flatMap((one) => commit(database, statements, [one]));
    return writes.map(([place]): PlacedAnswer => [place, { refusal: refusalOf(error) }]);
  }
}

function write(round: WriteRound, call: WriteCall): unknown {
  switch (call.name) {
    case "append":
      return call.given.map((entry) => round.append(entry));
    case "create":
      return round.create(call.given);
    case "raise":
      return call.given.map((raise) => round.raise(raise));
    case "put":
      return round.put(call.given);
    case "ban":
      return round.ban(call.given);
    case "block":
      return round.block(call.given);
    case "remove":
      return round.remove(call.given);
    case "keep":
      return round.keep(call.given);
    case "expire":
      return round.expire(call.given);
    case "erase":
      return round.erase(call.given);
    case "lease":
      return round.lease(call.given);
    case "move":
      return round.move(call.given);
    case "revoke":
      return round.revoke(call.given);
  }
}

function attempt(run: () => unknown): Answer {
  try {
    return { value: run() };
  } catch (error) {
    return { refusal: refusalOf(error) };
  }
}
