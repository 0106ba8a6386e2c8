import {
  type ConversationId,
  type DeviceId,
  encodeFrame,
  HAVE_MAX,
  type HaveEntry,
  type HaveFrame,
  HELLO_BYTES_MAX,
  type HelloFrame,
  PROTOCOL_VERSION,
  utf8Bytes,
} from "@earshot/protocol";

/** What a `have` frame takes beside its entries; before `welcome` it keeps to the bound of `hello`. */
const HAVE_ENVELOPE_BYTES = 32;

export interface Introduction {
  readonly device: DeviceId;
  /** Number of this attempt. */
  readonly k: number;
  readonly agent: string;
  /** The last token, also beside `resume`; null where cookies authenticate. */
  readonly token: string | null;
  readonly resume: string | null;
  /** Newest first. */
  readonly have: readonly HaveEntry[];
}

export interface Opening {
  /** Encoded frames in the order to send them: `hello`, then what of `have` did not fit. */
  readonly frames: readonly string[];
  /** Conversations whose cursors they name, and whether they subscribe. */
  readonly named: ReadonlyMap<ConversationId, boolean>;
}

/** Composes the first frames of a session (pure). As many cursors as fit travel in `hello` itself. */
export function composeHello(of: Introduction): Opening {
  const bare: HelloFrame = {
    t: "hello",
    v: PROTOCOL_VERSION,
    ...(of.token === null ? {} : { token: of.token }),
    device: of.device,
    k: of.k,
    agent: of.agent,
    ...(of.resume === null ? {} : { resume: of.resume }),
  };
  const roomBytes = HELLO_BYTES_MAX - utf8Bytes(encodeFrame(bare)) - ',"have":[]'.length;
  const taken = fitting(of.have, 0, roomBytes);
  const hello = encodeFrame(taken === 0 ? bare : { ...bare, have: of.have.slice(0, taken) });
  return { frames: [hello, ...composeHave(of.have, taken).map(encodeFrame)], named: namedIn(of.have) };
}

/** Frames that name cursors, the entries from `from` on (pure). */
export function composeHave(have: readonly HaveEntry[], from = 0): readonly HaveFrame[] {
  const frames: HaveFrame[] = [];
  while (from < have.length) {
    const to = from + fitting(have, from, HELLO_BYTES_MAX - HAVE_ENVELOPE_BYTES);
    frames.push({ t: "have", have: have.slice(from, to) });
    from = to;
  }
  return frames;
}

/** Conversations that are named, and whether they are subscribed to with it (pure). */
export function namedIn(have: readonly HaveEntry[]): ReadonlyMap<ConversationId, boolean> {
  return new Map(have.map(([c, , , subscribe]) => [c, subscribe === true]));
}

/** How many entries from `from` on take at most `bytes`, and are no more than one frame may name. */
function fitting(have: readonly HaveEntry[], from: number, bytes: number): number {
  let left = bytes;
  let count = 0;
  for (; count < HAVE_MAX; count++) {
    const entry = have[from + count];
    if (entry === undefined) break;
    left -= JSON.stringify(entry).length + 1;
    if (left < 0) break;
  }
  return count;
}
