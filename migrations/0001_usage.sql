-- D1: settled requests of all tenants, for reports. Filled from each object's outbox; never read
-- on the way of a request.
CREATE TABLE usage (
  tenant TEXT NOT NULL,
  id TEXT NOT NULL,                 -- the request, UUIDv7
  at INTEGER NOT NULL,              -- received, Unix ms
  key_id TEXT NOT NULL,
  model TEXT NOT NULL,
  class TEXT NOT NULL,
  provider TEXT NOT NULL,
  outcome TEXT NOT NULL,
  input INTEGER NOT NULL,           -- all input tokens
  output INTEGER NOT NULL,
  cost INTEGER NOT NULL,            -- nano-dollars
  baseline INTEGER NOT NULL,
  price_version TEXT NOT NULL,
  PRIMARY KEY (tenant, id)
) WITHOUT ROWID;
CREATE INDEX usage_at ON usage (at);
