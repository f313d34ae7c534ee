-- What of a row's savings is not the choice of model: nano-dollars by what has saved it, JSON.
ALTER TABLE ledger ADD COLUMN saved_by TEXT NOT NULL DEFAULT '{}';
