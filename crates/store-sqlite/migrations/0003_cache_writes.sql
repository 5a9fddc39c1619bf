-- The part of prompt_tokens that was written to the provider's own cache, which has a price of its own.
ALTER TABLE ai_api_usage ADD COLUMN cache_write_tokens INTEGER NOT NULL DEFAULT 0;
