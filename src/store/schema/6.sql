-- To version 6: sources, the records that they know, the fields that are not theirs, and the source of each change.
--
-- The column of a change is the last one, and empty in all that was written before, so hashes stay valid.

ALTER TABLE change ADD COLUMN source_id INTEGER;
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql,
    'NOT NULL, source_id INTEGER,
',
    'NOT NULL,
    source_id    INTEGER,
')
WHERE type = 'table' AND name = 'change';
PRAGMA writable_schema = RESET;

CREATE TABLE source (
    source_id             INTEGER CONSTRAINT source_pk PRIMARY KEY AUTOINCREMENT,
    name                  TEXT    CONSTRAINT source_name_given NOT NULL
                                  CONSTRAINT source_name_length CHECK (length(name) BETWEEN 1 AND 255),
    kind                  TEXT,
    scope                 TEXT,
    priority              TEXT,
    guard                 TEXT,
    grace                 TEXT,
    last_run_at           TEXT,
    last_complete_run_at  TEXT
) STRICT;
CREATE UNIQUE INDEX source_key ON source (name);
CREATE INDEX source_name_with_slash ON source (name) WHERE name LIKE '%/%';

CREATE TABLE source_record (
    source_record_id  INTEGER CONSTRAINT source_record_pk PRIMARY KEY AUTOINCREMENT,
    source_id         INTEGER CONSTRAINT source_record_source_given NOT NULL
                              CONSTRAINT source_record_source REFERENCES source (source_id),
    noun              TEXT    CONSTRAINT source_record_noun_given NOT NULL,
    record_id         INTEGER CONSTRAINT source_record_record_given NOT NULL,
    external_id       TEXT,
    second_fact       TEXT,
    first_seen_at     TEXT    CONSTRAINT source_record_first_seen_given NOT NULL,
    missing_since     TEXT,
    last_confirmed    TEXT
) STRICT;
CREATE UNIQUE INDEX source_record_key ON source_record (external_id, source_id);
CREATE UNIQUE INDEX source_record_key_2 ON source_record (noun, record_id, source_id);
CREATE INDEX source_record_by_source ON source_record (source_id, noun);

CREATE TABLE field_owner (
    field_owner_id  INTEGER CONSTRAINT field_owner_pk PRIMARY KEY AUTOINCREMENT,
    noun            TEXT    CONSTRAINT field_owner_noun_given NOT NULL,
    record_id       INTEGER CONSTRAINT field_owner_record_given NOT NULL,
    field           TEXT    CONSTRAINT field_owner_field_given NOT NULL,
    source_id       INTEGER CONSTRAINT field_owner_source REFERENCES source (source_id),
    offered         TEXT,
    offered_by_id   INTEGER CONSTRAINT field_owner_offered_by REFERENCES source (source_id)
) STRICT;
CREATE UNIQUE INDEX field_owner_key ON field_owner (noun, record_id, field);
CREATE INDEX field_owner_by_source ON field_owner (source_id);
CREATE INDEX field_owner_by_offered_by ON field_owner (offered_by_id);

CREATE VIEW v_source AS
SELECT
    t.source_id AS id,
    t.name AS path,
    t.name,
    t.kind,
    t.scope,
    CAST(t.priority AS NUMERIC) AS priority,
    t.guard,
    t.grace,
    t.last_run_at AS last_run,
    t.last_complete_run_at AS last_complete_run
FROM source AS t;

CREATE VIEW v_source_record AS
SELECT
    t.source_record_id AS id,
    source_.name AS source,
    t.source_id,
    t.noun,
    t.record_id,
    t.external_id,
    t.second_fact,
    t.first_seen_at AS first_seen,
    t.missing_since,
    t.last_confirmed
FROM source_record AS t
LEFT JOIN source AS source_ ON source_.source_id = t.source_id;

CREATE VIEW v_field_owner AS
SELECT
    t.field_owner_id AS id,
    t.noun,
    t.record_id,
    t.field,
    source_.name AS source,
    t.source_id,
    t.offered,
    offered_by_.name AS offered_by,
    t.offered_by_id
FROM field_owner AS t
LEFT JOIN source AS source_ ON source_.source_id = t.source_id
LEFT JOIN source AS offered_by_ ON offered_by_.source_id = t.offered_by_id;
