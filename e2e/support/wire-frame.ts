/** An entry of a log as it stands in a page; a `void` range has `type`, `seq` and `to` alone. */
export interface Row {
  readonly seq: number;
  readonly type: string;
  readonly ord?: number;
  readonly id?: string;
  readonly from?: string;
  readonly at?: number;
  readonly body?: Readonly<Record<string, unknown>>;
  readonly re?: number;
  readonly to?: number;
  readonly [field: string]: unknown;
}

/** A row of the inbox. */
export interface InboxRow {
  readonly c: string;
  readonly kind?: string;
  readonly epoch?: string;
  readonly head?: number;
  readonly ord?: number;
  readonly role?: string;
  readonly title?: string | null;
  readonly last?: Row | null;
  readonly gone?: boolean;
  readonly [field: string]: unknown;
}

/** A frame from the gateway, as untyped as an outsider sees it: the fields that the tests read, each of which may be missing. */
export interface Frame {
  readonly t: string;
  readonly id?: string;
  readonly re?: string | number;
  readonly c?: string | readonly string[];
  readonly epoch?: string;
  readonly seq?: number;
  readonly ord?: number;
  readonly at?: number;
  readonly n?: number;
  readonly code?: string;
  readonly message?: string;
  readonly retry?: number;
  readonly dup?: boolean;
  readonly type?: string;
  readonly from?: string | number;
  readonly to?: number;
  readonly head?: number;
  readonly more?: boolean;
  readonly reset?: boolean;
  readonly gone?: boolean;
  readonly resume?: string;
  readonly resumed?: boolean;
  readonly cursor?: string;
  readonly body?: Readonly<Record<string, unknown>>;
  readonly events?: readonly Row[];
  readonly conversations?: readonly InboxRow[];
  readonly frame?: Frame;
  readonly [field: string]: unknown;
}

/** A frame's `t`, the fields that it must have, or a question. */
export type Match = string | Readonly<Record<string, unknown>> | ((frame: Frame) => boolean);

export function matches(frame: Frame, match: Match): boolean {
  if (typeof match === "string") return frame.t === match;
  if (typeof match === "function") return match(frame);
  return Object.entries(match).every(([field, value]) => frame[field] === value);
}

export function matchText(match: Match): string {
  if (typeof match === "function") return `a frame with ${match.toString().replace(/\s+/g, " ")}`;
  return typeof match === "string" ? `"${match}"` : JSON.stringify(match);
}

const shownCharsMax = 160;

export function describeFrames(frames: readonly Frame[]): string {
  if (frames.length === 0) return "none";
  return frames.map((frame) => JSON.stringify(frame).slice(0, shownCharsMax)).join(" ");
}
