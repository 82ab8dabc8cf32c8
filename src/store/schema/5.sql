-- To version 5: history keeps the line of each record that a file gave, in whichever order they went in.
--
-- The column is the last one, and empty in all that was written before, so the rows stay where they are. That it is added
-- makes other connections read the schema again; its text then gets the words of a new inventory's.

ALTER TABLE change_entry ADD COLUMN lines TEXT;
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(replace(sql,
    '    line             INTEGER, lines TEXT,
',
    '    line             INTEGER,
    lines            TEXT,
'),
    '    CONSTRAINT change_entry_range',
    '    CONSTRAINT change_entry_lines CHECK (lines IS NULL OR line IS NULL),
    CONSTRAINT change_entry_range')
WHERE type = 'table' AND name = 'change_entry';
PRAGMA writable_schema = RESET;
