/**
 * Presence, apart from the store's tables and their version: whoever keeps messages elsewhere has these alone. What they
 * hold lives for seconds, so two of them are not written to the server's log: a crash empties them, and every gateway
 * writes its own again within 10 s.
 */
export const presenceTables = `
CREATE UNLOGGED TABLE @presence_leases (
  node text COLLATE "C" PRIMARY KEY,
  renewed_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL
);

CREATE UNLOGGED TABLE @presence_sessions (
  node text COLLATE "C" NOT NULL,
  session text COLLATE "C" NOT NULL,
  user_id text COLLATE "C" NOT NULL,
  device text COLLATE "C" NOT NULL,
  activity text NOT NULL,
  PRIMARY KEY (node, session)
);
CREATE INDEX presence_sessions_of_user ON @presence_sessions (user_id);

CREATE TABLE @presence_seen (
  user_id text COLLATE "C" PRIMARY KEY,
  at timestamptz NOT NULL
);
CREATE INDEX presence_seen_by_time ON @presence_seen (at);
`;
