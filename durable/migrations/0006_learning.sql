-- What the tenant has set for the router; no row is the usual settings.
CREATE TABLE routing_settings (
  id INTEGER PRIMARY KEY CHECK (id = 0),
  settings TEXT NOT NULL,           -- JSON
  at INTEGER NOT NULL,              -- when they were set, Unix ms
  key_id TEXT NOT NULL              -- by whom
);

-- A change of the settings and its row in the audit are one statement.
CREATE TRIGGER routing_settings_told AFTER INSERT ON routing_settings
BEGIN
  INSERT INTO audit (at, key_id, event, kinds, detail)
  VALUES (NEW.at, NEW.key_id, 'routing', '{}', NEW.settings);
END;

-- What was said of an answer, or seen of what became of it: figures, no words. The last word counts.
CREATE TABLE feedback (
  request_id TEXT NOT NULL,
  key_id TEXT NOT NULL,             -- who said it; '' where it was only seen
  at INTEGER NOT NULL,              -- Unix ms
  source TEXT NOT NULL,             -- the client's name for where it comes from, or 'implicit'
  signal TEXT NOT NULL,             -- what kind of signal
  score REAL NOT NULL,              -- 0 bad to 1 good
  weight REAL NOT NULL,             -- 0 to 1: how far it is to be believed
  chars INTEGER,                    -- the length of a corrected answer, characters
  changes INTEGER NOT NULL,         -- how often it was taken back
  taught INTEGER NOT NULL,          -- 1 once the router has learnt from it
  PRIMARY KEY (request_id, key_id)
) WITHOUT ROWID;
CREATE INDEX feedback_at ON feedback (at);
CREATE INDEX feedback_untaught ON feedback (taught) WHERE taught = 0;

-- What the router has learnt: one row for each class.
CREATE TABLE learning (
  class TEXT PRIMARY KEY,
  form INTEGER NOT NULL,            -- the version of the state's form
  outcomes INTEGER NOT NULL,        -- how many it has learnt from
  state TEXT NOT NULL,              -- as the engine wrote it
  checksum TEXT NOT NULL,           -- of the state
  at INTEGER NOT NULL               -- Unix ms
) WITHOUT ROWID;

-- Whether the choice of model was the router's.
ALTER TABLE ledger ADD COLUMN routed INTEGER NOT NULL DEFAULT 0;
