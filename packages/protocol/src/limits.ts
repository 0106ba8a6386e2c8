// What a client reads too stands alone: a bundler drops a constant that nobody reads, but no field of an object.
export const HELLO_BYTES_MAX = 16_384;
export const FRAME_BYTES_MAX = 65_536;
export const BODY_BYTES_MAX = 32_768;
export const DEPTH_MAX = 16;
export const KEYS_MAX = 256;
export const INFLIGHT_MAX = 64;
export const HAVE_MAX = 1_000;
export const PAGE_ROWS_MAX = 200;
export const SUBSCRIPTIONS_MAX = 200;
export const MENTIONS_MAX = 100;
export const REACTION_KEY_CHARACTERS_MAX = 64;
export const RECEIPT_MEMBERS_MAX = 100;
export const TYPING_APART_MS = 3_000;
export const TYPING_SHOWN_MS = 5_000;
export const ACK_EVERY_FRAMES = 32;
export const ACK_WITHIN_MS = 1_000;

/**
 * The bounds that both sides of the wire know. What a gateway enforces on its own (rates, caps,
 * timeouts) stands in core's options. Units are the last word of each name.
 */
export const LIMITS = {
  /** Largest `hello`, in bytes of UTF-8. Larger: closed with 1009. */
  helloBytesMax: HELLO_BYTES_MAX,
  /** Largest frame after `welcome`, in bytes of UTF-8. Larger: closed with 1009. */
  frameBytesMax: FRAME_BYTES_MAX,
  /** Largest `body`, in bytes of its JSON text. Larger: `too_large`. */
  bodyBytesMax: BODY_BYTES_MAX,
  /** Deepest nesting of a frame; the frame itself is 1, arrays count. Deeper: closed with 4500. */
  depthMax: DEPTH_MAX,
  /** Object keys in one frame, in all. More: closed with 4500. */
  keysMax: KEYS_MAX,
  /** Characters in an id. More: `invalid`. */
  idCharactersMax: 128,
  /** Unanswered sends on one session; at that many the gateway stops reading. */
  inflightMax: INFLIGHT_MAX,
  /** Cursors in one `hello` (more: closed with 4500) or `have` (more: `too_large`). */
  haveMax: HAVE_MAX,
  /** Rows in one page. A higher `limit` is lowered to this. */
  pageRowsMax: PAGE_ROWS_MAX,
  /** Bytes of rows at which a page ends early; one row always comes. */
  pageBytesMax: 262_144,
  /** Conversations one session may subscribe to, and apart from them users whose presence it may watch. More: `too_large`. */
  subscriptionsMax: SUBSCRIPTIONS_MAX,
  /** Users named by `mentions` in one message. More: `invalid`. */
  mentionsMax: MENTIONS_MAX,
  /** Characters of a reaction's key. More: `invalid`. */
  reactionKeyCharactersMax: REACTION_KEY_CHARACTERS_MAX,
  /** Different reactions on one message. More: `too_large`. */
  reactionKeysMax: 50,
  /** Pinned messages of one conversation. More: `too_large`. */
  pinsMax: 100,
  /** Members up to which receipts and typing name their user. Above: merged. */
  receiptMembersMax: RECEIPT_MEMBERS_MAX,
  /** Members with which a conversation is created as `push`. More: `pull`. */
  pushMembersMax: 64,
  /** Time between two `typing` of one session in one conversation; the gateway drops more. */
  typingApartMs: TYPING_APART_MS,
  /** Time for which a `typing` is shown. */
  typingShownMs: TYPING_SHOWN_MS,
  /** Characters of a conversation's title. More: `invalid`. */
  titleCharactersMax: 256,
  /** Members in one `meta` or `member` event; a larger call appends several events. */
  membersPerEventMax: 1_000,
  /** Counted frames on the wire without an `ack`; more wait. */
  windowFramesMax: 256,
  /** Unacknowledged events after which a client acknowledges. */
  ackEveryFrames: ACK_EVERY_FRAMES,
  /** Time after an event at which a client has acknowledged it. Without any `ack` a gateway closes with 4002 in the end. */
  ackWithinMs: ACK_WITHIN_MS,
  /** Largest HTTP body, in bytes. Larger: `too_large`. */
  httpBodyBytesMax: 2_097_152,
  /** Characters of a token in `hello` (more: closed with 4500), `auth` (more: `invalid`) or an `Authorization` header (more: 401). */
  tokenCharactersMax: 8_192,
  /** UTF-8 bytes of a close reason (RFC 6455, 5.5: 125 less the code's two). Longer ones are cut. */
  closeReasonBytesMax: 123,
} as const;
