-- Answers of models that other tasks of the workspace may be given until they expire: a cache. request: keyed hash of the
-- whole request. answer: content of the stream, whose end is theirs.
CREATE TABLE answers (
    workspace INTEGER NOT NULL,
    request   BLOB    NOT NULL,
    stream    INTEGER NOT NULL,
    answer    BLOB    NOT NULL,
    expires   INTEGER NOT NULL,
    PRIMARY KEY (workspace, request)
) STRICT, WITHOUT ROWID;
CREATE INDEX answers_of_stream ON answers (stream);
CREATE INDEX answers_by_end ON answers (expires);

ALTER TABLE ai_api_usage ADD COLUMN from_cache INTEGER NOT NULL DEFAULT 0;

-- The part of a charge beyond what was reserved, and where to find it.
ALTER TABLE ai_api_usage ADD COLUMN excess_micro_usd INTEGER NOT NULL DEFAULT 0;
CREATE INDEX usage_exceeded ON ai_api_usage (at) WHERE excess_micro_usd > 0;
