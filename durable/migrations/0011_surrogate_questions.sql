-- Questions whose answers may serve others of the same meaning.
CREATE TABLE surrogate_questions (
  id INTEGER PRIMARY KEY,           -- what the index in memory knows it by
  key TEXT NOT NULL UNIQUE,         -- of its answer
  scope TEXT NOT NULL,              -- a digest of all but the question that the answer depends on
  question TEXT NOT NULL,
  vector BLOB NOT NULL,             -- 256 numbers of 8 bits
  right REAL NOT NULL,              -- how its reuse turned out
  wrong REAL NOT NULL
);
CREATE TRIGGER surrogate_question_gone AFTER DELETE ON surrogates
BEGIN
  DELETE FROM surrogate_questions WHERE key = OLD.key;
END;

-- How sure one has to be to serve an answer to another question; one row at most.
CREATE TABLE surrogate_bar (
  id INTEGER PRIMARY KEY CHECK (id = 0),
  accepted REAL NOT NULL,           -- the share of wrong ones that the tenant accepts
  bar REAL NOT NULL,                -- log-odds
  audits INTEGER NOT NULL,          -- how many answers were looked at again
  wrong INTEGER NOT NULL            -- how many of them were wrong
);
