import { formatVector, parseVector, type Vector } from "./vector.ts";

/**
 * Where a reading of an inbox stands. The first reading goes down from the row that changed last (`below`); what
 * changes meanwhile rises above where the reading began (`since`), or is noted in the user's index after that
 * (`indexed`), and is read from there afterwards: so none is skipped.
 */
export interface InboxCursor {
  /** Of the buckets that the user's conversations are in. */
  readonly since: Vector;
  /** The clock of the user's own bucket. */
  readonly indexed: number;
  /** null: the way down is done. */
  readonly below: InboxPlace | null;
}

/** Where a row stands on the way down: changes of two buckets may have one number. */
export interface InboxPlace {
  readonly change: number;
  readonly conversation: string;
}

export function formatInboxCursor({ since, indexed, below }: InboxCursor, life: string): string {
  const down = below === null ? "" : `${below.change.toString(36)} ${below.conversation}`;
  return [life, indexed.toString(36), down, formatVector(since)].join("!");
}

const DOWN = /^([0-9a-z]{1,11}) (\S{1,128})$/;

/** null: not one that this store has given out. */
export function parseInboxCursor(text: string, life: string, buckets: number): InboxCursor | null {
  const [ofLife, indexed = "", down = "", vector = "", ...rest] = text.split("!");
  const since = parseVector(vector, buckets);
  if (ofLife !== life || since === null || rest.length > 0 || !/^[0-9a-z]{1,11}$/.test(indexed)) return null;
  const [, change = "", conversation = ""] = DOWN.exec(down) ?? [];
  if (down !== "" && conversation === "") return null;
  const below = down === "" ? null : { change: Number.parseInt(change, 36), conversation };
  return { since, indexed: Number.parseInt(indexed, 36), below };
}
