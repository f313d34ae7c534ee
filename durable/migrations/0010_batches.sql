-- Files that were uploaded, and files of results.
CREATE TABLE files (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  purpose TEXT NOT NULL,            -- 'batch' or 'batch_output'
  filename TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  created INTEGER NOT NULL,         -- Unix ms
  expires INTEGER NOT NULL,
  listed INTEGER NOT NULL           -- 0: not the client's to see, not yet or no more
);
CREATE INDEX file_expiry ON files (expires);

-- What they hold, in pieces: a row ends at 2 MB.
CREATE TABLE file_chunks (
  file TEXT NOT NULL,
  at INTEGER NOT NULL,              -- where the piece begins, bytes
  content BLOB NOT NULL,
  PRIMARY KEY (file, at)
);

CREATE TABLE batches (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  api TEXT NOT NULL,                -- whose form it has: 'openai' or 'anthropic'
  endpoint TEXT NOT NULL,           -- the path its requests are for
  client TEXT NOT NULL,             -- JSON: the headers that matter to its requests
  key_id TEXT NOT NULL,
  input TEXT NOT NULL,              -- the file with its requests
  output TEXT NOT NULL,             -- the file with its results
  errors TEXT NOT NULL,             -- the file with those that failed; of Anthropic's the same
  metadata TEXT,                    -- JSON, the client's own
  faults TEXT NOT NULL,             -- JSON: what is wrong with the input
  total INTEGER NOT NULL,
  succeeded INTEGER NOT NULL DEFAULT 0,
  errored INTEGER NOT NULL DEFAULT 0,
  canceled INTEGER NOT NULL DEFAULT 0,
  expired INTEGER NOT NULL DEFAULT 0,
  created INTEGER NOT NULL,         -- Unix ms
  expires INTEGER NOT NULL,
  cancelled_at INTEGER,
  ended_at INTEGER
);
CREATE INDEX batch_open ON batches (expires) WHERE ended_at IS NULL;

-- The requests of batches that have not ended.
CREATE TABLE batch_lines (
  batch TEXT NOT NULL,
  line INTEGER NOT NULL,            -- from 0
  custom_id TEXT NOT NULL,
  at INTEGER NOT NULL,              -- where in the input its body begins, bytes
  length INTEGER NOT NULL,
  state TEXT NOT NULL,
  due INTEGER NOT NULL,             -- when it is to be planned, Unix ms
  ordinary INTEGER NOT NULL DEFAULT 0,
  tries INTEGER NOT NULL DEFAULT 0,
  replay TEXT,                      -- equal lines have the same
  kept TEXT,                        -- JSON: how it was sent
  submission TEXT,
  PRIMARY KEY (batch, line)
) WITHOUT ROWID;
CREATE INDEX batch_line_due ON batch_lines (ordinary, due) WHERE state = 'pending';
CREATE INDEX batch_line_state ON batch_lines (batch, state);
CREATE INDEX batch_line_replay ON batch_lines (replay) WHERE replay IS NOT NULL;
CREATE INDEX batch_line_submission ON batch_lines (submission, line) WHERE submission IS NOT NULL;

-- Batches at providers. Written before the provider is told.
CREATE TABLE batch_submissions (
  id TEXT PRIMARY KEY,
  batch TEXT NOT NULL,
  provider TEXT NOT NULL,
  lines INTEGER NOT NULL,
  created INTEGER NOT NULL,         -- Unix ms
  due INTEGER NOT NULL,             -- when it is looked at next
  state TEXT NOT NULL               -- JSON
) WITHOUT ROWID;
CREATE INDEX batch_submission_due ON batch_submissions (due);
