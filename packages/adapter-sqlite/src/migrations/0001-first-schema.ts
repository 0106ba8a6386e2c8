/**
 * What belongs together by reading and writing stands together on a page: a conversation's events,
 * its keys and its members each in one clustered table. What every message changes (`heads`) is kept
 * apart from what hardly ever does (`conversations`), so that a large `meta` is not written with it.
 *
 * Every change of the store has a number, `change`; one writer hands them out in the order of commit.
 */
export const firstSchema = `
CREATE TABLE store (
  only INTEGER PRIMARY KEY CHECK (only = 1),
  -- Names this file's life in the cursors it gives out.
  life TEXT NOT NULL,
  -- The last change number.
  change INTEGER NOT NULL
) STRICT;
INSERT INTO store (only, life, change) VALUES (1, lower(hex(randomblob(8))), 0);

CREATE TABLE settings (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE conversations (
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  -- A direct conversation's two users, sorted, a space between; no id holds one.
  pair TEXT UNIQUE,
  creator TEXT NOT NULL,
  kind TEXT NOT NULL,
  mode TEXT NOT NULL,
  title TEXT,
  meta TEXT,
  open INTEGER NOT NULL,
  whole_history INTEGER NOT NULL
) STRICT;

CREATE TABLE heads (
  conversation INTEGER PRIMARY KEY,
  epoch TEXT NOT NULL,
  head INTEGER NOT NULL,
  ord INTEGER NOT NULL,
  members INTEGER NOT NULL,
  members_version INTEGER NOT NULL,
  change INTEGER NOT NULL
) STRICT;

CREATE TABLE events (
  conversation INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  ord INTEGER NOT NULL,
  type TEXT NOT NULL,
  id TEXT,
  sender TEXT NOT NULL,
  at INTEGER NOT NULL,
  -- JSON texts, as they were given.
  body TEXT,
  re INTEGER,
  mentions TEXT,
  PRIMARY KEY (conversation, seq)
) STRICT, WITHOUT ROWID;

-- Apart from events: a key outlives its event's content, and has no time window.
CREATE TABLE keys (
  conversation INTEGER NOT NULL,
  sender TEXT NOT NULL,
  id TEXT NOT NULL,
  hash TEXT NOT NULL,
  seq INTEGER NOT NULL,
  ord INTEGER NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (conversation, sender, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE members (
  conversation INTEGER NOT NULL,
  user TEXT NOT NULL,
  -- 0 owner, 1 admin, 2 member, 3 reader; null: has left, and this is the tombstone.
  rank INTEGER,
  -- First seq of the present stay, or of the last one.
  since INTEGER NOT NULL,
  -- Stays that have ended: JSON, [[from, to], …].
  past TEXT NOT NULL DEFAULT '[]',
  delivered INTEGER NOT NULL,
  read INTEGER NOT NULL,
  -- ord at read: unread is a subtraction.
  read_ord INTEGER NOT NULL,
  -- The last change that is this user's alone.
  change INTEGER NOT NULL,
  PRIMARY KEY (conversation, user)
) STRICT, WITHOUT ROWID;
CREATE INDEX members_by_rank ON members (conversation, rank, user) WHERE rank IS NOT NULL;
CREATE INDEX members_by_user ON members (user, conversation);
`;
