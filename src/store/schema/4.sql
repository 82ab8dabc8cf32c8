-- To version 4: history does without three indexes. Entries of a change stand together, so that they are found without one;
-- the times of changes are read from the latest on; and the files of a change were never asked for by it.

DROP INDEX change_by_at;
DROP INDEX change_file_by_change;
DROP INDEX change_entry_by_change;
