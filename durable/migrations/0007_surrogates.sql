-- Answers that may be served again: what they are weighed by, apart from the answers themselves, so that
-- a hit writes a short row. What was kept before goes: its keys have another form.
DROP TABLE surrogates;
CREATE TABLE surrogates (
  key TEXT PRIMARY KEY,
  model TEXT NOT NULL,              -- that gave it
  created INTEGER NOT NULL,         -- Unix ms
  expires INTEGER NOT NULL,
  bytes INTEGER NOT NULL,           -- the room it takes
  cost INTEGER NOT NULL,            -- what the call cost, nano-dollars
  savings INTEGER NOT NULL,         -- what a hit saves, nano-dollars
  tokens TEXT NOT NULL,             -- the usage the answer had, JSON
  uses INTEGER NOT NULL,            -- requests it has served, its own included
  used INTEGER NOT NULL,            -- when it served the last one, Unix ms
  priority REAL NOT NULL            -- the lowest goes first when room is needed
) WITHOUT ROWID;
CREATE INDEX surrogate_expiry ON surrogates (expires);
CREATE INDEX surrogate_priority ON surrogates (priority);

CREATE TABLE surrogate_answers (
  key TEXT PRIMARY KEY,
  answer TEXT NOT NULL              -- JSON: the hub's answer, or that of an embeddings endpoint
);
CREATE TRIGGER surrogate_gone AFTER DELETE ON surrogates
BEGIN
  DELETE FROM surrogate_answers WHERE key = OLD.key;
END;

-- The key of the stored answer that served a request, or that it gave; '' where there is none.
ALTER TABLE ledger ADD COLUMN surrogate TEXT NOT NULL DEFAULT '';
