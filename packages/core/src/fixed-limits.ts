import { LIMITS } from "@earshot/protocol";

/**
 * The bounds of a gateway that are no options: nobody has a reason to change them. What may be changed is `limits` of
 * `ChatEngineOptions`. The unit is the last word of the name.
 */
export const FIXED_LIMITS = Object.freeze({
  /** Fragments of one WebSocket message; more: closed with 1008. */
  fragmentsMax: 64,
  /** Chunks in which one WebSocket message may come; more: closed with 1008. */
  bufferedChunksMax: 4_096,
  /** Bytes up to which the frames of one turn are copied into one piece for the operating system; more are handed on one by one. */
  writtenPieceBytesMax: 16_384,
  /** Bytes that a session by polls which was closed keeps for its client, and as many of the last answer; more is let go, but for why it was closed. */
  closedPollBytesMax: 65_536,
  /** Values of headers that many connections send alike and that are kept once; with more all of them are learned anew. */
  sharedHeadersMax: 1_000,
  /** UTF-16 units of one of them; a longer one is kept for each connection. */
  sharedHeaderUnitsMax: 512,
  /** Pages of one conversation that are kept for others who come back with the same cursor; of more the oldest goes, and is read anew. */
  sharedPagesPerConversationMax: 4,
  /** Other nodes that `spread` counts; of more those that were not heard for longest are forgotten. */
  knownNodesMax: 1_000,
  /** Bytes of a body that was begun and is not wanted that are read all the same, so that its sender sees the answer; more: its connection ends. */
  unwantedBodyBytesMax: 4 * LIMITS.httpBodyBytesMax,
  /** Secrets that are kept ready for signing; with more all of them are made ready anew. */
  signingSecretsMax: 16,
  /** Refused sends of one session to one conversation that are remembered, so that their repeats keep their place; of more the earliest are forgotten. */
  refusedIdsMax: 1_000,
  /** Conversations in which one session may type within 3 s; more `typing` is dropped. */
  pacedConversationsMax: 64,
  /** Cursors of one `ack` that are held back while the store cannot say whose the conversations are; more are left to the next `have`. */
  uncheckedCursorsMax: 16,
  /** Watermarks in one write; the rest in the next. */
  watermarksPerWriteMax: 1_000,
  /** Users and conversations whose rights are asked for in one call of the store; the rest in the next. One request alone may be more. */
  accessPairsPerCallMax: 5_000,
  /** Events of one conversation that are read from the store to be told, where an append had no answer; what is missing is read as a hole. */
  untoldRowsMax: 200,
  /** The same in bytes. */
  untoldBytesMax: 262_144,
  /** Times that a change of members or settings is decided anew because another came between; then `unavailable`, with a `retry` of 1 s. */
  changeTriesMax: 8,
  /** Refused drafts of the host whose listeners have not answered yet, on this node; more are told when some have. */
  refusedDraftsToldMax: 100,
  /** Characters of the `reason` that a host refuses with; longer ones are cut. */
  reasonCharactersMax: 200,
  /** Digests of other nodes that wait for the one before; of more the next shows that there were some. */
  waitingDigestsMax: 16,
  /** Lives of one log that a gateway remembers to be over; of more the earliest are asked for again. */
  endedLivesMax: 8,
  /** Bytes of events in one envelope of the bus; more go in several. One event alone may be more. */
  envelopeRowsBytesMax: 245_760,
  /** Users of one conversation who are remembered because an event that named them was told; of more only those are, and the others are looked up. */
  namedUsersMax: 1_000,
  /** Users of one conversation who are remembered because they asked for it in vain; of more nothing is remembered. */
  awaitedUsersMax: 1_000,
  /** Positions up to which sessions were answered from the store that are remembered for a minute or two; of more the earliest are forgotten, and what is late is told twice. */
  readPositionsMax: 500_000,
  /** Receipts that are gathered in one turn of the event loop; more are told at once. */
  receiptsPerTurnMax: 10_000,
  /** The same of `typing`. */
  typingsPerTurnMax: 10_000,
  /** The same of conversations whose counts have changed. */
  talliedPerTurnMax: 10_000,
  /** Shared conversations that one watch of somebody's presence stands on; of more the earliest is forgotten. */
  groundsPerWatchMax: 8,
  /** Sessions, or users, in one call of a store for presence; the rest in the next. */
  presencePerCallMax: 1_000,
  /** Watched users who are looked at again in one second; of more than ten times as many a round takes longer than 10 s. */
  refreshedUsersMax: 1_000,
  /** Users of whom the presence in memory knows when they were seen; the one unchanged for longest is forgotten first. */
  seenUsersMax: 50_000,
});
