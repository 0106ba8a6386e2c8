/**
 * What followers, retention and erasure need.
 *
 * The feed is kept by stretches: what one transaction appended to one conversation is one row, however
 * many events it has, and rows come at the table's right end. A plain message writes this row and none
 * of the other tables here, nor their indexes.
 */
export const upkeep = `
CREATE TABLE feed (
  -- Of the stretch's first event: so stretches stand in the order of commits. Below 0 (the conversation's number): what the file held before it had a feed.
  change INTEGER PRIMARY KEY,
  conversation INTEGER NOT NULL,
  -- Seqs. Both 0: the conversation was removed.
  first INTEGER NOT NULL,
  last INTEGER NOT NULL
) STRICT;
-- The stretch it came with, so that this goes when the last of its events does; null: the one below 0.
ALTER TABLE events ADD COLUMN stretch INTEGER;
INSERT INTO feed (change, conversation, first, last)
  SELECT -conversation, conversation, 1, head FROM heads;
INSERT INTO feed (change, conversation, first, last)
  SELECT -number, number, 0, 0 FROM conversations WHERE removed = 1;

-- Seq of the first event that is kept: those before it have expired.
ALTER TABLE heads ADD COLUMN first INTEGER NOT NULL DEFAULT 1;
-- JSON: how long events are kept; null: as the host says.
ALTER TABLE conversations ADD COLUMN retention TEXT;
CREATE INDEX conversations_by_id ON conversations (id) WHERE removed = 0;
-- 1: what was stored differs from what was sent. A hash is '' once its sender was erased, and is then any content's.
ALTER TABLE keys ADD COLUMN rewritten INTEGER NOT NULL DEFAULT 0;
CREATE INDEX blocks_by_other ON blocks (other, user);

CREATE TABLE leases (
  name TEXT PRIMARY KEY,
  node TEXT NOT NULL,
  -- Unix ms.
  until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE positions (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- The latest of each user.
CREATE TABLE revocations (
  -- A change number.
  mark INTEGER PRIMARY KEY,
  user TEXT NOT NULL UNIQUE,
  -- Unix ms.
  until INTEGER NOT NULL
) STRICT;
CREATE INDEX revocations_by_end ON revocations (until);
`;
