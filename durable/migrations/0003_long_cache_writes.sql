-- Prompt tokens written to a provider's cache for its longer time, which costs more than the usual.
ALTER TABLE ledger ADD COLUMN cache_write_long INTEGER NOT NULL DEFAULT 0;
