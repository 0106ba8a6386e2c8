import {
  ChatError,
  type Definition,
  defineChat,
  isUserId,
  LIMITS,
  type NodeId,
  type Role,
  type UserId,
} from "@earshot/protocol";
import * as z from "zod";
import type { Authenticate } from "./ports/authenticate.ts";
import type { Authorize } from "./ports/authorize.ts";
import type { Bus } from "./ports/bus.ts";
import type { Clock } from "./ports/clock.ts";
import type { Retention } from "./ports/conversation-settings.ts";
import type { FanoutPolicy } from "./ports/fanout-policy.ts";
import type { Logger } from "./ports/logger.ts";
import type { MessageStore } from "./ports/message-store.ts";
import type { PresenceStore } from "./ports/presence-store.ts";
import type { Random } from "./ports/random.ts";
import type { SharedLimiters } from "./ports/rate-limiter.ts";

const count = (value: number) => z.int().min(1).default(value);

/**
 * Every bound that a gateway enforces, with its default. What the protocol itself fixes (sizes,
 * depth, ids) is `LIMITS` of `@earshot/protocol`. The unit is the last word of the name.
 */
const limitsSchema = z.strictObject({
  /** A connection that says nothing for two of these is closed with 4002. */
  heartbeatMs: count(20_000),
  /** Time to the first `hello`: 4008. */
  helloWithinMs: count(5_000),
  /** Time from a message's first byte to its last, while the gateway reads: 1008. */
  messageWithinMs: count(10_000),
  /** Time for the host's `authenticate`: 4013, over HTTP `unavailable`. */
  authenticateWithinMs: count(5_000),
  /** Time for a limit that gateways share (option `sharedRates`); then everybody passes. */
  sharedRateWithinMs: count(1_000),
  /** Time for the host's `authorize`: `unavailable`. */
  authorizeWithinMs: count(5_000),
  /** Time for each hook of the host, unless it was added with another: `unavailable`, or what it was added with. */
  hookWithinMs: count(2_000),
  /** Bytes of JSON of the `claims` that `authenticate` gives; more is the host's own mistake, and closes with 4013. At most 2,048, so that a resume token stays within its 4,096 characters. */
  claimsBytesMax: z.int().min(1).max(2_048).default(1_024),
  /** Longest time a poll waits for something to say. */
  pollWithinMs: count(25_000),
  /** Polls of one session that wait for an earlier `k`; more: `rate_limited`. */
  earlyPollsMax: count(8),
  /** Frames in one poll, and in those of one session that are not taken yet; more: `too_large`, and `rate_limited`. */
  pollFramesMax: count(10_000),
  /** Bytes of frames in one poll's answer, as long as it has more than one; the rest comes with the next. */
  pollBytesMax: count(1_048_576),
  /** Sessions by polls that have ended, kept for up to two heartbeats so that a client hears why; of more the earliest are 410 at once. */
  closedPollsMax: count(1_000),
  /** Rows in one batch of `follow`. */
  followRowsMax: count(500),
  /** Their bytes. */
  followBytesMax: count(1_048_576),
  /** How often a follower looks for what was written elsewhere. */
  followEveryMs: count(1_000),
  /** How long a follower's name stays its node's without a renewal, which comes three times as often. */
  followLeaseMs: count(30_000),
  /** How often revocations made elsewhere are looked for. */
  revocationsEveryMs: count(2_000),
  /** How long the store keeps a revocation; a node that could not ask it for longer closes its sessions with 4100. */
  revocationsKeptMs: count(3_600_000),
  /** How often the node that has the lease takes away what retention lets go of. */
  retentionEveryMs: count(60_000),
  /** Events taken away in one step, so that sends wait for no long one. */
  retentionRowsMax: count(1_000),
  /** How often each node looks for messages that the host has stored in its own transactions, where no hint came. */
  draftsEveryMs: count(2_000),
  /** Of them one page, appended at once. */
  draftsPerPageMax: count(200),
  /** Those that this node has stored since it last found none left to number; more: `unavailable`. */
  draftsWaitingMax: count(10_000),
  /** After so long the host is told again of one that was refused, if no listener has taken it. */
  refusedDraftsAgainMs: count(60_000),
  /** How long one that was refused is kept for a listener: 30 days. */
  refusedDraftsKeptMs: count(2_592_000_000),
  /** Time for clients to leave in a drain, unless it is given another; who is still here then is closed with 4001. */
  drainWithinMs: count(20_000),
  /** How often the store's changes are read, by the one node that does it for all, or by each that the bus may have left out; within a fifth of it, by chance. */
  changesEveryMs: count(5_000),
  /** Without a digest for so long a node reads the store's changes itself. */
  digestWithinMs: count(10_000),
  /** How long the reading stays one node's without a renewal. */
  digestLeaseMs: count(15_000),
  /** Conversations in one page of changes, and in one envelope of heads. */
  changesPerPageMax: count(500),
  /** After so long a publisher tells the heads of what it published once more: a lost last envelope is noticed by then. */
  headsAgainMs: count(1_000),
  /** Heads that wait for that; of more the digest tells. */
  headsAgainMax: count(1_000),
  /** Envelopes that were handed to the bus and not taken by it yet; more are dropped, and the digest tells of their events. */
  announcementsMax: count(20_000),
  /** Time between two `heads` frames of one session. */
  headsApartMs: count(2_000),
  /** Conversations of one session whose heads it is told without a subscription; of more nothing is told. */
  headsPerSessionMax: count(10_000),
  /** Sessions that one event is handed to within one turn of the event loop; the rest follows in later ones. */
  fanoutSliceSessionsMax: count(1_000),
  /** How often a conversation above the receipt limit is counted, while its watermarks change. */
  tallyEveryMs: count(1_000),
  /** How often it is counted without word that they did, while somebody looks. */
  tallyAnywayMs: count(5_000),
  /** How long counting a conversation stays one node's without a renewal. */
  tallyLeaseMs: count(15_000),
  /** Conversations above the receipt limit whose count is told to sessions on this node; of more nothing is told. */
  talliesMax: count(10_000),
  /** Newest messages that are counted. */
  tallyMessagesMax: count(20),
  /** Time in which a kick looks for sessions on other nodes that have not gone; then `unavailable`. */
  kickWithinMs: count(5_000),
  /** Longest wait for the bus to confirm a user's topic before cursors are repaired all the same. */
  topicWithinMs: count(1_000),
  /** A resume token holds for two heartbeats and this. */
  resumeGraceMs: count(120_000),
  /** Sessions on this node; more: 4013. */
  connectionsMax: count(100_000),
  /** Sessions of one user on this node; more: 4505. */
  connectionsPerUserMax: count(100),
  /** Sessions from one address on this node, those without a `hello` too; more: 429. The first 64 bits of an IPv6 address are one. */
  connectionsPerAddressMax: count(10_000),
  /** Upgrades and new runs of polls a second of one address, over time; more: 429 with `Retry-After`. A proxy that is not in `trustedProxies` counts as one address. */
  handshakesPerSecondPerAddressMax: count(500),
  /** Seconds' worth of them that may come at once. */
  handshakeBurstSeconds: count(3),
  /** Upgrades a second; more: 503. Connections divided by it, times the other nodes that are heard, are `spread`, the time over which clients come back. */
  admissionsPerSecondMax: count(2_000),
  /** Counted frames on the wire without an `ack`; more wait. */
  windowFramesMax: count(LIMITS.windowFramesMax),
  /** Events kept for one session, on the wire or waiting; over it the session catches up from the log. */
  outboxFramesMax: count(1_000),
  /** The same in bytes; answers count here too. */
  outboxBytesMax: count(1_048_576),
  /** The same over all sessions of this node: beyond it those that keep most catch up from the log, or are closed with 4000, until an eighth is free. */
  outboxesBytesMax: count(268_435_456),
  /** Bytes that wait for the operating system at which a socket counts as full. */
  socketBytesMax: count(131_072),
  /** Age of the oldest unacknowledged event at which it is sent again, and again after each such time. */
  againAfterMs: count(10_000),
  /** Age of the oldest unacknowledged event at which the session is closed: 4002. */
  ackWithinMs: count(40_000),
  /** Time to acknowledge what was written once the outbox was given up: 4000. */
  drainedWithinMs: count(30_000),
  /** Two overflows within this: 4000. */
  overflowsApartMs: count(60_000),
  /** Unanswered sends and requests of one session at which it is not read any further. */
  inflightMax: count(LIMITS.inflightMax),
  /** Conversations one session may subscribe to, and apart from them users whose presence it may watch; more: `too_large`. */
  subscriptionsMax: count(LIMITS.subscriptionsMax),
  /** Events sent in answer to one `hello` or `have`; conversations beyond are named in `lagging`. */
  repairEventsMax: count(1_000),
  /** The same in bytes. */
  repairBytesMax: count(1_048_576),
  /** Sends a second of one connection, over time; more: `rate_limited`. */
  sendsPerSecondMax: count(100),
  /** The same of one user on this node, over HTTP too. */
  sendsPerSecondPerUserMax: count(200),
  /** The same into one conversation. */
  sendsPerSecondPerConversationMax: count(2_000),
  /** Seconds' worth of sends that may come at once, for each of the three. */
  sendBurstSeconds: count(3),
  /** Refusals with `rate_limited` or `blocked` that one session gets in 10 s; more: 4029. */
  refusedPerTenSecondsMax: count(3_000),
  /** What one user may ask of this node a second, over time, in rows: each row read is one, each request another ten; more: `rate_limited`, over HTTP 429, and cursors of a `have` are only named in `lagging`. */
  rowsPerSecondPerUserMax: count(2_500),
  /** Rows that may be asked for at once: a client that was away for long reads all it missed without a wait. */
  rowsBurstPerUserMax: count(250_000),
  /** Conversations of one session in which a send is unanswered, or was refused and blocks others; more: 4029. */
  blockedConversationsMax: count(1_000),
  /** `ping` frames in 10 s; more: `rate_limited`, twice as many: 4029. */
  pingsPerTenSecondsMax: count(20),
  /** WebSocket control frames in 10 s; more: 4029. */
  controlsPerTenSecondsMax: count(60),
  /** Polls and wishes for a stream of one session in 10 s, beside the rates of what they carry; more: 4029. A client that sends one frame a poll, as fast as it may, makes 1,300. */
  pollsPerTenSecondsMax: count(3_000),
  /** `invalid` refusals of one session in a minute; at that many: 4509. */
  invalidPerMinuteMax: count(10),
  /** Appends in one commit; more wait for the next. */
  batchEntriesMax: count(500),
  /** Appends waiting for their commit on this node; more: `unavailable`. */
  sequencerEntriesMax: count(20_000),
  /** Users, and conversations, whose rates, member lists and last seqs are remembered; those unused for longest are forgotten, and begin anew. */
  rememberedMax: count(50_000),
  /** Sends that were answered before their event went on, and whose sender must not get it too (I13); of more it comes once more. */
  answeredSendsMax: count(10_000),
  /** Envelopes of which it is remembered that they were heard; what comes twice, with more in between, is taken twice, and sessions may see a signal again. */
  heardEnvelopesMax: count(10_000),
  /** Members in the remembered lists, each list counting one more; those unused for longest are forgotten, and read anew. */
  rememberedMembersMax: count(2_000_000),
  /** Bytes of recent events kept in memory (counted as characters); conversations unused for longest go first, and the store is read. */
  recentBytesMax: count(67_108_864),
  /** Recent events kept for one conversation, for who comes back soon. Up to twice as many before they are cut. */
  recentEventsPerConversationMax: count(256),
  /** Bytes of pages that are kept for 10 s for others who come back with the same cursor, as text and as they are written; the oldest go first, and are read anew. */
  sharedPagesBytesMax: count(33_554_432),
  /** Arrivals held for one conversation while a hole before them, or its members, are read from the store; more are dropped, and read from it too. */
  heldEventsMax: count(1_000),
  /** Events held for one subscription while the store says where the conversation stands; over it the client is told to fetch. */
  subscribingEventsMax: count(1_000),
  /** Receipts held for one session while its socket is full; over it the session catches up from the log, and subscribes again. */
  heldReceiptsMax: count(1_000),
  /** Members' watermarks held back before they are written; at as many they are written at once, at twice as many more are refused, or left to the next `have`. */
  watermarksHeldMax: count(50_000),
  /** The same of one user: more `read` are refused with `unavailable`, the rest is left to the next `have`. */
  watermarksHeldPerUserMax: count(5_000),
  /** Users counted as typing in one conversation, and conversations in which they are counted; more do not count. */
  typistsCountedMax: count(1_000),
  /** Members named by one `POST /conversations`, beside its caller; more: `too_large`. */
  membersPerCreationMax: count(10_000),
  /** Members named by one `POST …/members`; more: `too_large`. */
  membersPerCallMax: count(10_000),
  /** Changes of one conversation's members and settings that wait for their turn; more: `unavailable`. */
  changesWaitingMax: count(1_000),
  /** Longest `slow` of a conversation, in ms: a day. More: `invalid`. */
  slowUpToMs: count(86_400_000),
  /** Shortest `age` of a conversation's own `retention`, in ms: a minute. Less: `invalid`. */
  retentionFromMs: count(60_000),
});

export type EngineLimits = Readonly<z.output<typeof limitsSchema>>;

const roles = (...defaults: Role[]) =>
  z
    .array(z.enum(["owner", "admin", "member", "reader"]))
    .readonly()
    .default(defaults);

/**
 * Which roles may do what. Every member reads and may leave, whatever stands here; in a `direct`
 * both are `member`, and its members, `open` and deletion are nobody's to change.
 */
const permissionsSchema = z.strictObject({
  /** Send messages and `x-…` events. */
  send: roles("owner", "admin", "member"),
  /** Edit their own messages; another's nobody edits. */
  edit: roles("owner", "admin", "member"),
  /** Delete their own messages. */
  delete: roles("owner", "admin", "member"),
  /** Delete any message. */
  deleteAny: roles("owner", "admin"),
  /** React to messages. */
  react: roles("owner", "admin", "member"),
  /** Change title, meta, open and slow. */
  patch: roles("owner", "admin"),
  /** Pin and unpin messages. */
  pin: roles("owner", "admin"),
  /** Ban users, and lift bans; who is a member only if they may also remove them. */
  ban: roles("owner", "admin"),
  /** Add, change and remove members and readers. */
  changeMembers: roles("owner", "admin"),
  /** Give the roles owner and admin, and change or remove who has them. */
  changeAdmins: roles("owner"),
  /** Delete the conversation, for all. */
  remove: roles("owner"),
});

export type Permissions = Readonly<z.output<typeof permissionsSchema>>;

/** What the host gives. Only `store` and `authenticate` have no default. */
export interface ChatEngineOptions<D extends Definition = Definition> {
  /** Where conversations live. `memoryStore()` forgets everything with the process and must be asked for by name. */
  readonly store: MessageStore;
  readonly authenticate: Authenticate;
  /**
   * What bodies of messages and of the host's own types, and `meta` of conversations, look like (`defineChat`): what users
   * send is refused with `invalid` otherwise. `chat.system` and `import` are not checked. Default: any JSON object.
   */
  readonly definition?: D;
  /** What users may do, beside membership and roles. Default: nothing more is asked. */
  readonly authorize?: Authorize;
  /** The user id that the host itself writes as (`chat.system`); who authenticates as it is not let in. Default `system`. */
  readonly system?: UserId;
  /** Default: none, a cluster of one. */
  readonly bus?: Bus;
  /** Default: in memory, for this engine alone. */
  readonly presence?: PresenceStore;
  /**
   * Limits that all gateways share, beside those of each: of `hello`s, resumed ones too, from one address before it is asked who that is,
   * and of one user. Over one: 4029. Where one does not answer everybody passes. Default: none.
   */
  readonly sharedRates?: SharedLimiters;
  /** Default: `pull` above 64 members, `push` again below 48. The same on every node. */
  readonly fanout?: FanoutPolicy;
  /**
   * Signs resume tokens: the first signs, all verify, each at least 16 characters. Default: a key made
   * once and kept in the store, so that it outlives any process.
   */
  readonly secret?: string | readonly string[];
  /**
   * Origins that may connect, exactly so: `https://example.com`, `capacitor://localhost`. Their pages may also
   * call the HTTP API with credentials (CORS). Default: the origin whose host is the request's own, and no CORS.
   * Requests without an Origin are let in, but their cookies are not.
   */
  readonly origins?: readonly string[];
  /** Proxies whose `X-Forwarded-For`, `-Host` and `-Proto` are believed: addresses and CIDR ranges such as `10.0.0.0/8`. Default: none. */
  readonly trustedProxies?: readonly string[];
  /** What a session over its outbox cap gets. Default `catch-up`: it reads the log later. `close`: 4000 at once. */
  readonly onOverflow?: "catch-up" | "close";
  /** This node's name in session ids and on the bus. Default: random. */
  readonly node?: NodeId;
  /**
   * What is kept of a conversation at most: events younger than `age` (ms), and from the newest `messages`
   * messages on. A conversation may keep less (`PATCH`). The rest is taken away for good. Default: everything is kept.
   */
  readonly retention?: Retention;
  readonly limits?: Partial<EngineLimits>;
  /** Which roles may do what. What is not given is as the protocol says (section 9). */
  readonly permissions?: Partial<Permissions>;
  /** Pino's shape. Default: silent. Never receives content. */
  readonly logger?: Logger;
  readonly clock?: Clock;
  readonly random?: Random;
}

/** The options that are plain values, checked and complete. */
export interface EngineSettings {
  readonly secrets: readonly string[] | null;
  readonly origins: readonly string[] | null;
  readonly trustedProxies: readonly string[];
  readonly onOverflow: "catch-up" | "close";
  readonly system: UserId;
  readonly retention: Retention | null;
  readonly definition: Definition | null;
  readonly node: NodeId | null;
  readonly limits: EngineLimits;
  readonly permissions: Permissions;
}

const hasMethods = (...names: string[]) =>
  z.custom<object>(
    (value) =>
      typeof value === "object" &&
      value !== null &&
      names.every((name) => typeof (value as Record<string, unknown>)[name] === "function"),
    `must have the methods ${names.join(", ")}`,
  );

/** Of the web, or of an app's own scheme (`capacitor://localhost`), which URL knows no origin for. */
const OWN_SCHEME_ORIGIN = /^(?!https?:|file:)[a-z][a-z0-9+.-]*:\/\/[a-z0-9._-]+(:\d+)?$/;
const origin = z
  .string()
  .refine(
    (text) =>
      OWN_SCHEME_ORIGIN.test(text) || (!text.includes("*") && URL.canParse(text) && new URL(text).origin === text),
    {
      message: "must be an origin such as https://example.com or capacitor://localhost, without a path; * is none",
    },
  );

const proxy = z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()], {
  error: "must be an IP address or a CIDR range such as 10.0.0.0/8",
});

/** What a mount may stand at: nothing, or `/chat`, `/a/b`. */
export const MOUNT_PATH = /^(\/[^/?#]+)*$/;

const limiter = hasMethods("open", "close", "take");

const optionsSchema = z.strictObject({
  store: hasMethods("open", "append", "create", "range", "access", "setting"),
  authenticate: z.custom<Authenticate>((value) => typeof value === "function", "must be a function"),
  definition: z
    .custom<Definition>((value) => typeof value === "object" && value !== null, "must be an object")
    .optional(),
  authorize: z.custom<Authorize>((value) => typeof value === "function", "must be a function").optional(),
  system: z.string().refine(isUserId, { message: "must be a user id" }).default("system"),
  bus: hasMethods("open", "publish", "subscribe").optional(),
  presence: hasMethods("open", "lease", "put", "remove").optional(),
  sharedRates: z.strictObject({ hellosPerAddress: limiter.optional(), hellosPerUser: limiter.optional() }).optional(),
  fanout: hasMethods("mode").optional(),
  secret: z.union([z.string().min(16), z.array(z.string().min(16)).min(1)]).optional(),
  origins: z.array(origin).optional(),
  trustedProxies: z.array(proxy).optional(),
  onOverflow: z.enum(["catch-up", "close"]).default("catch-up"),
  node: z
    .string()
    .regex(/^[A-Za-z0-9-]{1,32}$/, "must be 1–32 characters of [A-Za-z0-9-]")
    .optional(),
  retention: z
    .strictObject({ age: z.int().min(1).exactOptional(), messages: z.int().min(1).exactOptional() })
    .optional(),
  limits: limitsSchema.default(limitsSchema.parse({})),
  permissions: permissionsSchema.default(permissionsSchema.parse({})),
  logger: hasMethods("debug", "info", "warn", "error").optional(),
  clock: hasMethods("now", "monotonic", "after", "endOfTurn").optional(),
  random: hasMethods("float", "bytes").optional(),
});

/** Checks the host's options; a wrong one is a `ChatError` `invalid` that names it. */
export function readOptions(options: ChatEngineOptions): EngineSettings {
  const parsed = optionsSchema.safeParse(options);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const field = issue === undefined || issue.path.length === 0 ? "options" : issue.path.join(".");
    throw new ChatError("invalid", `unable to build the engine; option ${field}: ${issue?.message ?? "is wrong"}`, {
      details: { field },
    });
  }
  const { secret, origins, trustedProxies, onOverflow, definition, system, retention, node, limits, permissions } =
    parsed.data;
  return Object.freeze({
    secrets: secret === undefined ? null : typeof secret === "string" ? [secret] : secret,
    origins: origins ?? null,
    trustedProxies: trustedProxies ?? [],
    onOverflow,
    definition: definition === undefined ? null : defineChat(definition),
    system,
    retention: retention ?? null,
    node: node ?? null,
    limits: Object.freeze(limits),
    permissions: Object.freeze(permissions),
  });
}

/** The limits with their defaults, for tables and tests. */
export const DEFAULT_LIMITS: EngineLimits = Object.freeze(limitsSchema.parse({}));

/** The permissions with their defaults, for tables and tests. */
export const DEFAULT_PERMISSIONS: Permissions = Object.freeze(permissionsSchema.parse({}));
