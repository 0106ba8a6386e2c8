/**
 * Where a reading of an inbox stands. A row's number is that of its last change. The first reading
 * goes down from the newest row (`below`); what changes meanwhile rises above where the reading began
 * (`since`), and is read from there afterwards: so none is skipped.
 */
export interface InboxCursor {
  readonly since: number;
  /** null: the way down is done. */
  readonly below: number | null;
}

/** What is to be known of the store to tell its own cursors from others. */
export interface StoreMark {
  readonly life: string;
  readonly change: number;
}

export function formatInboxCursor({ since, below }: InboxCursor, { life }: StoreMark): string {
  return `${since}.${below ?? ""}.${life}`;
}

const PATTERN = /^(\d{1,15})\.(\d{1,15})?\.([0-9a-f]{16})$/;

/** null: not one that this store has given out. */
export function parseInboxCursor(text: string, { life, change }: StoreMark): InboxCursor | null {
  const [, since, below, ofLife] = PATTERN.exec(text) ?? [];
  if (since === undefined || ofLife !== life || Number(since) > change) return null;
  return { since: Number(since), below: below === undefined ? null : Number(below) };
}
