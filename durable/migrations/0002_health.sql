-- Which places are in trouble, as `Health` wrote it: one value, because it is small and read whole.
CREATE TABLE provider_health (
  id INTEGER PRIMARY KEY CHECK (id = 0),
  places TEXT NOT NULL              -- JSON
);
