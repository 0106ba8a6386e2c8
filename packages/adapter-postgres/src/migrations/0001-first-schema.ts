/**
 * Events and keys are the tables that grow, and every statement names one conversation: so they are
 * partitioned by its hash. Each partition's indexes are an eighth as deep to write, and it is vacuumed by
 * itself, also beside the others, after retention has taken rows out. By time would help nobody: a log's
 * beginning goes by its own rule, and no page asks for a day.
 */
const PARTITIONS = 8;

function partitions(table: string): string {
  return Array.from(
    { length: PARTITIONS },
    (_, n) =>
      `CREATE TABLE @${table}_${n} PARTITION OF @${table} FOR VALUES WITH (MODULUS ${PARTITIONS}, REMAINDER ${n});`,
  ).join("\n");
}

/**
 * Every change of the store has a number, `change`: the transaction's own, which is never below that
 * of the conversation's last change. Readers take what lies below every transaction that still runs.
 */
export const firstSchema = `
CREATE TABLE @store (
  only_row int PRIMARY KEY CHECK (only_row = 1),
  -- Names this store's life in the marks and cursors it gives out.
  life text NOT NULL,
  -- Added to the numbers of transactions, which begin anew in another cluster.
  shift bigint NOT NULL,
  -- Times that the store was found to have been put back: logs made before are in another life since.
  generation int NOT NULL,
  -- Which cluster of which history the store was last seen in.
  cluster text,
  -- The last revocation's mark.
  revocation bigint NOT NULL
);
INSERT INTO @store (only_row, life, shift, generation, revocation)
  VALUES (1, substr(replace(gen_random_uuid()::text, '-', ''), 1, 16), 0, 0, 0);

CREATE TABLE @settings (
  name text COLLATE "C" PRIMARY KEY,
  value text NOT NULL
);

CREATE TABLE @conversations (
  number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id text COLLATE "C" NOT NULL UNIQUE,
  -- A direct conversation's two users, sorted, a space between; no id holds one.
  pair text COLLATE "C" UNIQUE,
  creator text COLLATE "C" NOT NULL,
  kind text NOT NULL,
  title text,
  -- JSON texts, as they were given, as everywhere.
  meta text,
  open boolean NOT NULL,
  whole_history boolean NOT NULL,
  settings_version bigint NOT NULL DEFAULT 1,
  -- Seqs in the order pinned.
  pinned text NOT NULL DEFAULT '[]',
  retention text,
  -- Only its id is left, which is never used again; it has no head.
  removed boolean NOT NULL DEFAULT false
);

-- What every message changes, apart from what hardly ever does; its row is what a writer locks.
CREATE TABLE @heads (
  conversation bigint PRIMARY KEY,
  id text COLLATE "C" NOT NULL UNIQUE,
  pair text COLLATE "C",
  epoch text NOT NULL,
  -- The store's when it was made.
  generation int NOT NULL,
  mode text NOT NULL,
  -- Seq of the first event that is kept.
  first bigint NOT NULL,
  head bigint NOT NULL,
  ord bigint NOT NULL,
  -- Seq of the newest message; 0: none.
  last_message bigint NOT NULL,
  members bigint NOT NULL,
  members_version bigint NOT NULL,
  -- ms between two messages of one member; 0: none.
  slow bigint NOT NULL,
  change bigint NOT NULL
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05);

CREATE TABLE @events (
  conversation bigint NOT NULL,
  seq bigint NOT NULL,
  ord bigint NOT NULL,
  at bigint NOT NULL,
  re bigint,
  -- The stretch of the feed that it came with.
  change bigint NOT NULL,
  -- A deleted message, or an edit of one; its body and mentions are gone.
  deleted boolean NOT NULL DEFAULT false,
  type text COLLATE "C" NOT NULL,
  id text COLLATE "C",
  sender text COLLATE "C" NOT NULL,
  slot text,
  mentions text,
  body text,
  PRIMARY KEY (conversation, seq)
) PARTITION BY HASH (conversation);
${partitions("events")}
CREATE INDEX replies ON @events (conversation, re, seq) WHERE type = 'message' AND re IS NOT NULL;
CREATE INDEX edits ON @events (conversation, re, seq) WHERE type = 'edit' AND re IS NOT NULL;

-- Apart from events: a key outlives its event's content, and has no time window.
CREATE TABLE @keys (
  conversation bigint NOT NULL,
  seq bigint NOT NULL,
  ord bigint NOT NULL,
  at bigint NOT NULL,
  -- What was stored differs from what was sent.
  rewritten boolean NOT NULL,
  sender text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  -- '' once its sender was erased: then any content's.
  hash text NOT NULL,
  PRIMARY KEY (conversation, sender, id)
) PARTITION BY HASH (conversation);
${partitions("keys")}

CREATE TABLE @members (
  conversation bigint NOT NULL,
  -- First seq of the present stay, or of the last one.
  since bigint NOT NULL,
  delivered bigint NOT NULL,
  read bigint NOT NULL,
  -- ord at read: unread is a subtraction.
  read_ord bigint NOT NULL,
  -- The last change that is this user's alone; 0: none.
  change bigint NOT NULL,
  -- \`at\` of their last message here.
  last_at bigint,
  -- 0 owner, 1 admin, 2 member, 3 reader; null: has left, or has only written here.
  rank smallint,
  -- The unread mark.
  marked boolean NOT NULL DEFAULT false,
  user_id text COLLATE "C" NOT NULL,
  -- Stays that have ended: [[from, to], …].
  past text NOT NULL DEFAULT '[]',
  -- true, or Unix ms; null: not muted.
  mute text,
  PRIMARY KEY (conversation, user_id)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);
CREATE INDEX members_by_rank ON @members (conversation, rank, user_id) WHERE rank IS NOT NULL;
CREATE INDEX members_by_user ON @members (user_id, conversation);

-- How a message stands, once something has been done to it; apart, so that a reaction does not write a long body again.
CREATE TABLE @message_states (
  conversation bigint NOT NULL,
  seq bigint NOT NULL,
  -- Seq of the last edit, whose body is the present one.
  edited bigint,
  replies bigint NOT NULL,
  -- Different reactions.
  keys bigint NOT NULL,
  PRIMARY KEY (conversation, seq)
) WITH (fillfactor = 70);

CREATE TABLE @reactions (
  conversation bigint NOT NULL,
  message bigint NOT NULL,
  user_id text COLLATE "C" NOT NULL,
  key text COLLATE "C" NOT NULL,
  PRIMARY KEY (conversation, message, user_id, key)
);

CREATE TABLE @reaction_counts (
  conversation bigint NOT NULL,
  message bigint NOT NULL,
  -- Seq of the event that brought this key in: keys come in the order they were first used.
  first bigint NOT NULL,
  count bigint NOT NULL,
  key text COLLATE "C" NOT NULL,
  PRIMARY KEY (conversation, message, key)
) WITH (fillfactor = 70);

CREATE TABLE @slots (
  conversation bigint NOT NULL,
  -- Seq of the last event of this slot.
  last bigint NOT NULL,
  slot text COLLATE "C" NOT NULL,
  PRIMARY KEY (conversation, slot)
);

-- Who is named by a message above their own read.
CREATE TABLE @mentions (
  conversation bigint NOT NULL,
  seq bigint NOT NULL,
  user_id text COLLATE "C" NOT NULL,
  PRIMARY KEY (conversation, user_id, seq)
);

-- Messages that name everybody: one row, however many members.
CREATE TABLE @mentions_of_all (
  conversation bigint NOT NULL,
  seq bigint NOT NULL,
  sender text COLLATE "C" NOT NULL,
  PRIMARY KEY (conversation, seq)
);

CREATE TABLE @bans (
  conversation bigint NOT NULL,
  user_id text COLLATE "C" NOT NULL,
  PRIMARY KEY (conversation, user_id)
);

CREATE TABLE @blocks (
  user_id text COLLATE "C" NOT NULL,
  other text COLLATE "C" NOT NULL,
  PRIMARY KEY (user_id, other)
);
CREATE INDEX blocks_by_other ON @blocks (other, user_id);

-- What can no longer be read and is taken out in small steps: a conversation's rows, or (message not 0) one message's reactions.
CREATE TABLE @purges (
  conversation bigint NOT NULL,
  message bigint NOT NULL,
  PRIMARY KEY (conversation, message)
);

-- What one transaction appended to one conversation, however many events; rows come at the index's right end.
CREATE TABLE @feed (
  change bigint NOT NULL,
  conversation bigint NOT NULL,
  -- Seqs. Both 0: the conversation was removed.
  first bigint NOT NULL,
  last bigint NOT NULL,
  PRIMARY KEY (change, conversation, first)
);

CREATE TABLE @leases (
  name text COLLATE "C" PRIMARY KEY,
  node text NOT NULL,
  -- Unix ms, of the server's clock.
  until bigint NOT NULL
) WITH (fillfactor = 50);

CREATE TABLE @positions (
  name text COLLATE "C" PRIMARY KEY,
  value text NOT NULL
) WITH (fillfactor = 50);

-- The latest of each user.
CREATE TABLE @revocations (
  user_id text COLLATE "C" PRIMARY KEY,
  mark bigint NOT NULL UNIQUE,
  -- Unix ms, of the server's clock.
  until bigint NOT NULL
);
CREATE INDEX revocations_by_end ON @revocations (until);
`;
