/**
 * The bounds that both sides of the wire know. What a gateway enforces on its own (rates, caps,
 * timeouts) stands in core's options. Units are the last word of each name.
 */
export const LIMITS = {
  /** Largest `hello`, in bytes of UTF-8. Larger: closed with 1009. */
  helloBytesMax: 16_384,
  /** Largest frame after `welcome`, in bytes of UTF-8. Larger: closed with 1009. */
  frameBytesMax: 65_536,
  /** Largest `body`, in bytes of its JSON text. Larger: `too_large`. */
  bodyBytesMax: 32_768,
  /** Deepest nesting of a frame; the frame itself is 1, arrays count. Deeper: closed with 4500. */
  depthMax: 16,
  /** Object keys in one frame, in all. More: closed with 4500. */
  keysMax: 256,
  /** Characters in an id. More: `invalid`. */
  idCharactersMax: 128,
  /** Unanswered sends on one session; at that many the gateway stops reading. */
  inflightMax: 64,
  /** Cursors in one `hello` (more: closed with 4500) or `have` (more: `too_large`). */
  haveMax: 1_000,
  /** Rows in one page. A higher `limit` is lowered to this. */
  pageRowsMax: 200,
  /** Bytes of rows at which a page ends early; one row always comes. */
  pageBytesMax: 262_144,
  /** Conversations one session may subscribe to, and apart from them users whose presence it may watch. More: `too_large`. */
  subscriptionsMax: 200,
  /** Users named by `mentions` in one message. More: `invalid`. */
  mentionsMax: 100,
  /** Characters of a reaction's key. More: `invalid`. */
  reactionKeyCharactersMax: 64,
  /** Different reactions on one message. More: `too_large`. */
  reactionKeysMax: 50,
  /** Pinned messages of one conversation. More: `too_large`. */
  pinsMax: 100,
  /** Members up to which receipts and typing name their user. Above: merged. */
  receiptMembersMax: 100,
  /** Members with which a conversation is created as `push`. More: `pull`. */
  pushMembersMax: 64,
  /** Time between two `typing` of one session in one conversation; the gateway drops more. */
  typingApartMs: 3_000,
  /** Time for which a `typing` is shown. */
  typingShownMs: 5_000,
  /** Characters of a conversation's title. More: `invalid`. */
  titleCharactersMax: 256,
  /** Members in one `meta` or `member` event; a larger call appends several events. */
  membersPerEventMax: 1_000,
  /** Counted frames on the wire without an `ack`; more wait. */
  windowFramesMax: 256,
  /** Unacknowledged events after which a client acknowledges. */
  ackEveryFrames: 32,
  /** Time after an event at which a client has acknowledged it. Without any `ack` a gateway closes with 4002 in the end. */
  ackWithinMs: 1_000,
  /** Largest HTTP body, in bytes. Larger: `too_large`. */
  httpBodyBytesMax: 2_097_152,
  /** Characters of a token in `hello` (more: closed with 4500), `auth` (more: `invalid`) or an `Authorization` header (more: 401). */
  tokenCharactersMax: 8_192,
  /** UTF-8 bytes of a close reason (RFC 6455, 5.5: 125 less the code's two). Longer ones are cut. */
  closeReasonBytesMax: 123,
} as const;
