/**
 * What a conversation is beyond its log: how its messages stand now, who has reacted, who is named,
 * banned or blocked, and its settings.
 *
 * What a message is read with is kept apart from the event, so that a reaction does not write a long
 * body again. A plain message writes none of these tables, nor their indexes, which are all partial.
 */
export const presentState = `
-- Names a chain of events.
ALTER TABLE events ADD COLUMN slot TEXT;
-- 1: a deleted message, or an edit of one; its body and mentions are gone.
ALTER TABLE events ADD COLUMN deleted INTEGER NOT NULL DEFAULT 0;
CREATE INDEX replies ON events (conversation, re, seq) WHERE type = 'message' AND re IS NOT NULL;
CREATE INDEX edits ON events (conversation, re, seq) WHERE type = 'edit' AND re IS NOT NULL;
-- Messages are found by ord; these two types are the rest of a present-state page.
CREATE INDEX gateway_events ON events (conversation, seq) WHERE type IN ('member', 'meta');

-- How a message stands, once something has been done to it.
CREATE TABLE message_states (
  conversation INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  -- Seq of the last edit, whose body is the present one.
  edited INTEGER,
  replies INTEGER NOT NULL DEFAULT 0,
  -- Different reactions.
  keys INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (conversation, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE reactions (
  conversation INTEGER NOT NULL,
  message INTEGER NOT NULL,
  user TEXT NOT NULL,
  key TEXT NOT NULL,
  PRIMARY KEY (conversation, message, user, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE reaction_counts (
  conversation INTEGER NOT NULL,
  message INTEGER NOT NULL,
  key TEXT NOT NULL,
  count INTEGER NOT NULL,
  -- Seq of the event that brought this key in: keys come in the order they were first used.
  first INTEGER NOT NULL,
  PRIMARY KEY (conversation, message, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE slots (
  conversation INTEGER NOT NULL,
  slot TEXT NOT NULL,
  -- Seq of the last event of this slot.
  last INTEGER NOT NULL,
  PRIMARY KEY (conversation, slot)
) STRICT, WITHOUT ROWID;

-- Who is named by a message above their own read.
CREATE TABLE mentions (
  conversation INTEGER NOT NULL,
  user TEXT NOT NULL,
  seq INTEGER NOT NULL,
  PRIMARY KEY (conversation, user, seq)
) STRICT, WITHOUT ROWID;

-- Messages that name everybody: one row, however many members.
CREATE TABLE mentions_of_all (
  conversation INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  sender TEXT NOT NULL,
  PRIMARY KEY (conversation, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE bans (
  conversation INTEGER NOT NULL,
  user TEXT NOT NULL,
  PRIMARY KEY (conversation, user)
) STRICT, WITHOUT ROWID;

CREATE TABLE blocks (
  user TEXT NOT NULL,
  other TEXT NOT NULL,
  PRIMARY KEY (user, other)
) STRICT, WITHOUT ROWID;

-- What can no longer be read and is taken out in small steps: a conversation's rows, or (message not 0) one message's reactions.
CREATE TABLE purges (
  conversation INTEGER NOT NULL,
  message INTEGER NOT NULL,
  PRIMARY KEY (conversation, message)
) STRICT, WITHOUT ROWID;

-- ms between two messages of one member; 0: none.
ALTER TABLE heads ADD COLUMN slow INTEGER NOT NULL DEFAULT 0;
ALTER TABLE conversations ADD COLUMN settings_version INTEGER NOT NULL DEFAULT 1;
-- JSON: seqs in the order pinned.
ALTER TABLE conversations ADD COLUMN pinned TEXT NOT NULL DEFAULT '[]';
-- 1: only its id is left, which is never used again; it has no head.
ALTER TABLE conversations ADD COLUMN removed INTEGER NOT NULL DEFAULT 0;
-- \`at\` of their last message here.
ALTER TABLE members ADD COLUMN last_at INTEGER;
-- JSON: true, or Unix ms; null: not muted.
ALTER TABLE members ADD COLUMN mute TEXT;
-- 1: the unread mark.
ALTER TABLE members ADD COLUMN marked INTEGER NOT NULL DEFAULT 0;

-- What the messages of a file of schema 1 have come to. Its keys are those of messages alone.
INSERT INTO message_states (conversation, seq, replies)
  SELECT conversation, re, count(*) FROM events INDEXED BY replies
  WHERE type = 'message' AND re IS NOT NULL GROUP BY conversation, re;
INSERT OR IGNORE INTO mentions (conversation, user, seq)
  SELECT m.conversation, m.user, e.seq FROM events e JOIN json_each(e.mentions) named
  JOIN members m ON m.conversation = e.conversation AND m.user = named.value
  WHERE e.type = 'message' AND e.mentions LIKE '[%' AND m.rank IS NOT NULL AND e.seq > m.read AND e.sender <> m.user;
INSERT INTO mentions_of_all (conversation, seq, sender)
  SELECT conversation, seq, sender FROM events WHERE type = 'message' AND mentions = '"all"';
UPDATE members SET last_at = newest.at
  FROM (SELECT conversation, sender, at, max(seq) FROM keys GROUP BY conversation, sender) AS newest
  WHERE members.conversation = newest.conversation AND members.user = newest.sender;
`;
