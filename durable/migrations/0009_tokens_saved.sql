-- The tokens that the rules for shorter prompts have saved of a request: JSON, by the rule's name.
ALTER TABLE ledger ADD COLUMN tokens_saved TEXT NOT NULL DEFAULT '{}';
