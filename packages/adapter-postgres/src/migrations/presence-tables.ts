/**
 * Presence, apart from the store's tables and their version: whoever keeps messages elsewhere has these alone. What they
 * hold lives for seconds, so two of them are not written to the server's log: a crash empties them, and every gateway
 * writes its own again within 10 s. What a DBA runs may find them made.
 */
export const presenceTables = `
CREATE UNLOGGED TABLE IF NOT EXISTS @presence_leases (
  node text COLLATE "C" PRIMARY KEY,
  renewed_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL
);

CREATE UNLOGGED TABLE IF NOT EXISTS @presence_sessions (
  node text COLLATE "C" NOT NULL,
  session text COLLATE "C" NOT NULL,
  user_id text COLLATE "C" NOT NULL,
  device text COLLATE "C" NOT NULL,
  activity text NOT NULL,
  PRIMARY KEY (node, session)
);
CREATE INDEX IF NOT EXISTS presence_sessions_of_user ON @presence_sessions (user_id);

CREATE TABLE IF NOT EXISTS @presence_seen (
  user_id text COLLATE "C" PRIMARY KEY,
  at timestamptz NOT NULL
);
CREATE INDEX IF NOT EXISTS presence_seen_by_time ON @presence_seen (at);
`;
