-- When a class has begun to answer better or worse than its learner knew: the newest of them.
CREATE TABLE drifts (
  seq INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,              -- when it became certain, Unix ms
  class TEXT NOT NULL,
  change TEXT NOT NULL,             -- 'better' or 'worse'
  outcomes INTEGER NOT NULL         -- how many the class had been learnt from by then
);
