import { decodeFrame, type GatewayFrame, type InboxRow } from "@earshot/protocol";

/**
 * Light checks of what a gateway sends: the fields that this client reads, by hand, because a schema
 * library weighs more than the whole client. What is not read is not checked, and travels on as it is.
 *
 * A frame of an unknown `t` is ignored, so that a newer gateway may say more. One that is no JSON
 * object, or whose known `t` has a wrong shape, is broken: the connection ends and comes back with its
 * cursors, like after a protocol error (1002), and stops after three in a row. Dropping such a frame
 * alone could be the silent loss of an event.
 */

/** Fields by name and kind; a kind in upper case may be absent, `|` stands before another shape. */
const ROW = "seq:n ord:n type:s from:s at:t id:S body:O re:N mentions:M edited:N replies:N reactions:A";
const EVENT = `c:s epoch:s ${ROW}`;
const INBOX_ROW = "c:s epoch:s head:n ord:n read:n unread:n mentions:n last:l";

const FRAMES: Readonly<Record<string, string>> = {
  welcome: "user:s resume:s expires:T heartbeat:n spread:n now:t limits:w",
  authed: "expires:T",
  event: EVENT,
  again: "n:n frame:e",
  pong: "n:n now:t resume:s spread:N",
  lagging: "c:c",
  sent: "id:s c:s epoch:s seq:n ord:n at:t body:O",
  error: "id:S code:s message:s retry:T reason:S",
  inbox: "id:s conversations:i cursor:s more:b",
  events: "id:S c:s gone:y|id:S c:s epoch:s head:n reset:y|id:S c:s epoch:s head:n from:n to:t events:r more:b",
  subscribed: "id:S c:s epoch:s head:n members:n watermarks:k",
  unsubscribed: "id:s",
  heads: "heads:h",
  receipt: "c:s user:s delivered:n read:n",
  tally: "c:s tally:q",
  presence: "id:S users:p",
  typing: "c:s user:S count:N",
  drain: "within:n delay:n",
};

type Check = (value: unknown) => boolean;
type Field = readonly [name: string, optional: boolean, check: Check | undefined];
type Shapes = readonly (readonly Field[])[];

/** Shapes that were read: all of them stand in this file. */
const read = new Map<string, Shapes>();

const isText: Check = (value) => typeof value === "string";
const isCount: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const isObject: Check = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
const tuplesOf = (...checks: readonly Check[]): Check =>
  listOf((tuple) => Array.isArray(tuple) && checks.every((check, at) => check(tuple[at])));
const fits =
  (shapes: string): Check =>
  (value) =>
    isObject(value) &&
    (read.get(shapes) ?? readShapes(shapes)).some((fields) =>
      hasAll(value as Readonly<Record<string, unknown>>, fields),
    );

const KINDS: Readonly<Record<string, Check>> = {
  a: tuplesOf(isText, isCount),
  b: (value) => typeof value === "boolean",
  c: listOf(isText),
  e: fits(EVENT),
  h: tuplesOf(isText, isText, isCount, isCount),
  i: listOf(fits(`c:s gone:y|${INBOX_ROW}`)),
  k: tuplesOf(isText, isCount, isCount),
  l: (value) => value === null || fits(ROW)(value),
  m: (value) => value === "all" || listOf(isText)(value),
  n: isCount,
  o: isObject,
  p: listOf(fits("user:s status:s seen:T")),
  q: tuplesOf(isCount, isCount, isCount),
  r: listOf(fits(`type:v seq:n to:n|${ROW}`)),
  s: isText,
  t: Number.isFinite,
  v: (value) => value === "void",
  w: fits("frame:n body:n inflight:n"),
  y: (value) => value === true,
};

function readShapes(shapes: string): Shapes {
  const found = shapes.split("|").map((shape) =>
    shape.split(" ").map((field): Field => {
      const [name = "", kind = ""] = field.split(":");
      const lower = kind.toLowerCase();
      return [name, kind !== lower, KINDS[lower]];
    }),
  );
  read.set(shapes, found);
  return found;
}

function hasAll(value: Readonly<Record<string, unknown>>, fields: readonly Field[]): boolean {
  return fields.every(
    ([name, optional, check]) => (optional && value[name] === undefined) || check?.(value[name]) === true,
  );
}

/** Reads one frame: trusted, `unknown` (to be ignored), or null: broken. */
export function readFrame(text: string): GatewayFrame | "unknown" | null {
  const frame = decodeFrame(text);
  if (!isText(frame?.t)) return null;
  const shapes = Object.hasOwn(FRAMES, frame?.t as string) ? FRAMES[frame?.t as string] : undefined;
  if (shapes === undefined) return "unknown";
  return fits(shapes)(frame) ? (frame as unknown as GatewayFrame) : null;
}

/** Guards the inbox row that a call over HTTP answers with. */
export function isInboxRow(value: unknown): value is InboxRow {
  return fits(INBOX_ROW)(value);
}
