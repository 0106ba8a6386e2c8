/**
 * Rows come and go: a draft is here from its transaction's commit until it is numbered, mostly for milliseconds, and one
 * that was refused until the host was told. No key keeps two of the same id apart: one host's transaction would
 * wait in it for another's end.
 */
export const drafts = `
CREATE TABLE @drafts (
  number bigint GENERATED ALWAYS AS IDENTITY,
  -- Unix ms, of the server's clock, of its refusal; null: it waits to be numbered.
  refused_at bigint,
  -- When somebody last took it into hand to tell the host.
  taken_at bigint NOT NULL DEFAULT 0,
  user_id text COLLATE "C" NOT NULL,
  -- JSON: what is to be appended.
  entry text NOT NULL,
  -- JSON: why it was refused.
  refusal text,
  PRIMARY KEY (number)
) WITH (fillfactor = 90, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0.05);
CREATE INDEX drafts_waiting ON @drafts (number) WHERE refused_at IS NULL;
CREATE INDEX drafts_refused ON @drafts (taken_at, number) WHERE refused_at IS NOT NULL;
CREATE INDEX drafts_by_user ON @drafts (user_id);
`;
