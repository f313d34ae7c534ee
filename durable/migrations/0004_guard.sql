-- What the tenant has set for the data-flow guard; no row is the usual policy.
CREATE TABLE guard_policy (
  id INTEGER PRIMARY KEY CHECK (id = 0),
  policy TEXT NOT NULL              -- JSON
);

-- What the guard did, and who changed what it does. Nothing of a request's content.
CREATE TABLE audit (
  seq INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,              -- Unix ms
  key_id TEXT NOT NULL,
  request_id TEXT,                  -- none for a change of the policy
  event TEXT NOT NULL,
  tier INTEGER,                     -- of the request; none for a change of the policy
  kinds TEXT NOT NULL,              -- JSON: how often each kind was found
  model TEXT,                       -- whom it was about
  detail TEXT,                      -- JSON: what the policy is now
  UNIQUE (request_id, event)
);

-- Append-only: not even this gateway changes what stands there.
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
BEGIN
  SELECT RAISE(ABORT, 'the audit is append-only');
END;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
BEGIN
  SELECT RAISE(ABORT, 'the audit is append-only');
END;
