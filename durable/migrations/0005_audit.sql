-- A request may go to several models, one after the other: each is told of by its own row.
DROP TRIGGER audit_no_update;
DROP TRIGGER audit_no_delete;
ALTER TABLE audit RENAME TO audit_before;
CREATE TABLE audit (
  seq INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,              -- Unix ms
  key_id TEXT NOT NULL,
  request_id TEXT,                  -- none for a change of the policy
  event TEXT NOT NULL,
  tier INTEGER,                     -- of the request; none for a change of the policy
  kinds TEXT NOT NULL,              -- JSON: how often each kind was found
  model TEXT,                       -- whom it was about
  detail TEXT                       -- JSON: what the policy is now
);
INSERT INTO audit SELECT * FROM audit_before;
DROP TABLE audit_before;
CREATE INDEX audit_request ON audit (request_id, event);

-- Append-only: not even this gateway changes what stands there. What is told twice is passed over,
-- and with it a REPLACE, which deletes without a word to the triggers.
CREATE TRIGGER audit_once BEFORE INSERT ON audit
WHEN EXISTS (SELECT 1 FROM audit WHERE seq = NEW.seq)
  OR EXISTS (SELECT 1 FROM audit
             WHERE request_id = NEW.request_id AND event = NEW.event AND model IS NEW.model)
BEGIN
  SELECT RAISE(IGNORE);
END;
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
BEGIN
  SELECT RAISE(ABORT, 'the audit is append-only');
END;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
BEGIN
  SELECT RAISE(ABORT, 'the audit is append-only');
END;

-- A change of the policy and its row in the audit are one statement: there is none without the other.
ALTER TABLE guard_policy ADD COLUMN at INTEGER;      -- when it was set, Unix ms
ALTER TABLE guard_policy ADD COLUMN key_id TEXT;     -- by whom
ALTER TABLE guard_policy ADD COLUMN outline TEXT;    -- JSON: what the audit is told
CREATE TRIGGER guard_policy_told AFTER INSERT ON guard_policy
BEGIN
  INSERT INTO audit (at, key_id, event, kinds, detail)
  VALUES (NEW.at, NEW.key_id, 'policy', '{}', NEW.outline);
END;
