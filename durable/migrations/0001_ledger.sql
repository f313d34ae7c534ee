-- The schema inside each tenant's object. Numbered steps, run once each and never changed.

-- Requests admitted and not yet settled. Small: a row lives as long as its request.
CREATE TABLE reservations (
  id TEXT PRIMARY KEY,              -- the request, UUIDv7
  due INTEGER NOT NULL,             -- when it is closed at its estimate, Unix ms
  reserve INTEGER NOT NULL,         -- held against the budget, nano-dollars
  admission TEXT NOT NULL           -- the Worker's message, as it came
) WITHOUT ROWID;

-- One row for each request, written when it settles. `seq` is the order of settlement: the live
-- stream, the history's pages and the outbox all go by it.
CREATE TABLE ledger (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  at INTEGER NOT NULL,              -- received, Unix ms
  settled_at INTEGER NOT NULL,
  key_id TEXT NOT NULL,
  requested TEXT NOT NULL,          -- the model name as the client wrote it
  model TEXT NOT NULL,              -- the model that answered
  class TEXT NOT NULL,
  provider TEXT NOT NULL,
  outcome TEXT NOT NULL,
  status INTEGER NOT NULL,
  stream INTEGER NOT NULL,
  usage_source TEXT NOT NULL,
  input INTEGER NOT NULL,           -- tokens, disjoint buckets
  cache_read INTEGER NOT NULL,
  cache_write INTEGER NOT NULL,
  output INTEGER NOT NULL,
  reasoning INTEGER NOT NULL,       -- part of output
  cost INTEGER NOT NULL,            -- nano-dollars
  baseline INTEGER NOT NULL,
  cumulative_savings INTEGER NOT NULL,
  price_version TEXT NOT NULL,
  admit_ms INTEGER NOT NULL,
  first_byte_ms INTEGER NOT NULL,
  total_ms INTEGER NOT NULL,
  attempts TEXT NOT NULL,           -- JSON
  decision TEXT NOT NULL            -- JSON
);

-- Sequence numbers whose row was corrected and stands under a later number now: without them, a
-- listener that comes back would take the gap for a loss.
CREATE TABLE superseded (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL
);

-- Running sums of the ledger: name '' of scope 'all', a class of 'class', a UTC hour of 'hour'.
CREATE TABLE totals (
  scope TEXT NOT NULL,
  name TEXT NOT NULL,
  requests INTEGER NOT NULL,
  cost INTEGER NOT NULL,
  baseline INTEGER NOT NULL,
  input INTEGER NOT NULL,           -- all input tokens
  output INTEGER NOT NULL,
  PRIMARY KEY (scope, name)
) WITHOUT ROWID;

-- Answers that may be served again.
CREATE TABLE surrogates (
  key TEXT PRIMARY KEY,
  answer TEXT NOT NULL,             -- a chat completion object
  bytes INTEGER NOT NULL,
  model TEXT NOT NULL,
  savings INTEGER NOT NULL,         -- what a hit saves, nano-dollars
  tokens TEXT NOT NULL,             -- the usage the answer had, JSON
  created INTEGER NOT NULL,
  expires INTEGER NOT NULL,
  used INTEGER NOT NULL             -- last hit, Unix ms: the oldest goes first when room is needed
);

CREATE INDEX surrogate_expiry ON surrogates (expires);

CREATE TABLE revoked_keys (
  key_id TEXT PRIMARY KEY,
  at INTEGER NOT NULL
) WITHOUT ROWID;

-- How far the ledger has been copied to D1.
CREATE TABLE outbox (
  id INTEGER PRIMARY KEY CHECK (id = 0),
  exported_seq INTEGER NOT NULL
);
INSERT INTO outbox VALUES (0, 0);

-- Whose object this is. The runtime tells the name to a request, but not to an alarm.
CREATE TABLE identity (
  id INTEGER PRIMARY KEY CHECK (id = 0),
  tenant TEXT NOT NULL
);

-- What the connected agents registered, as the tunnel wrote it: it must outlive hibernation.
CREATE TABLE agents (
  id INTEGER PRIMARY KEY CHECK (id = 0),
  registrations TEXT NOT NULL
);
