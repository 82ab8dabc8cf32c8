-- To version 7: overcommit ratios of providers, datacenters and pools.
--
-- The columns are the last ones, and empty in every record, so the rows stay where they are. That they are added makes
-- other connections read the schema again; its text then gets the words of a new inventory's.

ALTER TABLE cloud_provider ADD COLUMN cpu_overcommit TEXT;
ALTER TABLE cloud_provider ADD COLUMN memory_overcommit TEXT;
ALTER TABLE data_center ADD COLUMN cpu_overcommit TEXT;
ALTER TABLE data_center ADD COLUMN memory_overcommit TEXT;
ALTER TABLE cloud_pool ADD COLUMN cpu_overcommit TEXT;
ALTER TABLE cloud_pool ADD COLUMN memory_overcommit TEXT;
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = 'CREATE TABLE cloud_provider (
    provider_id        INTEGER CONSTRAINT cloud_provider_pk PRIMARY KEY AUTOINCREMENT,
    name               TEXT    CONSTRAINT cloud_provider_name_given NOT NULL
                               CONSTRAINT cloud_provider_name_length CHECK (length(name) BETWEEN 1 AND 255),
    cpu_overcommit     TEXT,
    memory_overcommit  TEXT
) STRICT'
WHERE type = 'table' AND name = 'cloud_provider';
UPDATE sqlite_schema SET sql = 'CREATE TABLE data_center (
    data_center_id     INTEGER CONSTRAINT data_center_pk PRIMARY KEY AUTOINCREMENT,
    name               TEXT    CONSTRAINT data_center_name_given NOT NULL
                               CONSTRAINT data_center_name_length CHECK (length(name) BETWEEN 1 AND 255),
    location           TEXT,
    provider_id        INTEGER CONSTRAINT data_center_provider_given NOT NULL
                               CONSTRAINT data_center_provider REFERENCES cloud_provider (provider_id),
    cpu_overcommit     TEXT,
    memory_overcommit  TEXT
) STRICT'
WHERE type = 'table' AND name = 'data_center';
UPDATE sqlite_schema SET sql = 'CREATE TABLE cloud_pool (
    cloud_pool_id         INTEGER CONSTRAINT cloud_pool_pk PRIMARY KEY AUTOINCREMENT,
    name                  TEXT    CONSTRAINT cloud_pool_name_given NOT NULL
                                  CONSTRAINT cloud_pool_name_length CHECK (length(name) BETWEEN 1 AND 255),
    total_memory          TEXT,
    total_memory_unit_id  INTEGER CONSTRAINT cloud_pool_total_memory_unit REFERENCES unit (unit_id),
    total_cpu             TEXT,
    total_disk_capacity   TEXT,
    total_disk_unit_id    INTEGER CONSTRAINT cloud_pool_total_disk_unit REFERENCES unit (unit_id),
    data_center_id        INTEGER CONSTRAINT cloud_pool_data_center_given NOT NULL
                                  CONSTRAINT cloud_pool_data_center REFERENCES data_center (data_center_id),
    cpu_overcommit        TEXT,
    memory_overcommit     TEXT,
    CONSTRAINT cloud_pool_total_memory_whole CHECK ((total_memory IS NULL) = (total_memory_unit_id IS NULL)),
    CONSTRAINT cloud_pool_total_disk_whole CHECK ((total_disk_capacity IS NULL) = (total_disk_unit_id IS NULL))
) STRICT'
WHERE type = 'table' AND name = 'cloud_pool';
PRAGMA writable_schema = RESET;

DROP VIEW v_provider;
DROP VIEW v_dc;
DROP VIEW v_pool;

CREATE VIEW v_provider AS
SELECT
    t.provider_id AS id,
    t.name AS path,
    t.name,
    CAST(t.cpu_overcommit AS NUMERIC) AS cpu_overcommit,
    CAST(t.memory_overcommit AS NUMERIC) AS memory_overcommit
FROM cloud_provider AS t;

CREATE VIEW v_dc AS
SELECT
    t.data_center_id AS id,
    provider_.name || '/' || t.name AS path,
    t.name,
    provider_.name AS provider,
    t.provider_id,
    t.location,
    CAST(t.cpu_overcommit AS NUMERIC) AS cpu_overcommit,
    CAST(t.memory_overcommit AS NUMERIC) AS memory_overcommit
FROM data_center AS t
LEFT JOIN cloud_provider AS provider_ ON provider_.provider_id = t.provider_id;

CREATE VIEW v_pool AS
SELECT
    t.cloud_pool_id AS id,
    dc_provider_.name || '/' || dc_.name || '/' || t.name AS path,
    t.name,
    dc_.name AS dc,
    t.data_center_id AS dc_id,
    dc_provider_.name AS provider,
    t.total_memory || ' ' || memory_unit_.name AS memory,
    CAST(t.total_memory AS INTEGER) * memory_unit_.bytes + total_memory_upper * (memory_unit_.bytes / 1000000000)
        + (total_memory_upper * (memory_unit_.bytes % 1000000000)
        + total_memory_lower * (memory_unit_.bytes / 1000000000)
        + total_memory_lower * (memory_unit_.bytes % 1000000000) / 1000000000) / 1000000000 AS memory_bytes,
    CAST(t.total_cpu AS NUMERIC) AS cpu,
    t.total_disk_capacity || ' ' || disk_unit_.name AS disk,
    CAST(t.total_disk_capacity AS INTEGER) * disk_unit_.bytes + total_disk_capacity_upper * (disk_unit_.bytes / 1000000000)
        + (total_disk_capacity_upper * (disk_unit_.bytes % 1000000000)
        + total_disk_capacity_lower * (disk_unit_.bytes / 1000000000)
        + total_disk_capacity_lower * (disk_unit_.bytes % 1000000000) / 1000000000) / 1000000000 AS disk_bytes,
    CAST(t.cpu_overcommit AS NUMERIC) AS cpu_overcommit,
    CAST(t.memory_overcommit AS NUMERIC) AS memory_overcommit
FROM (
    SELECT *,
        substr(total_memory || '000000000000000000', instr(total_memory || '.', '.') + 1, 9) AS total_memory_upper,
        substr(total_memory || '000000000000000000', instr(total_memory || '.', '.') + 10, 9) AS total_memory_lower,
        substr(total_disk_capacity || '000000000000000000', instr(total_disk_capacity || '.', '.') + 1, 9) AS total_disk_capacity_upper,
        substr(total_disk_capacity || '000000000000000000', instr(total_disk_capacity || '.', '.') + 10, 9) AS total_disk_capacity_lower
    FROM cloud_pool
) AS t
LEFT JOIN data_center AS dc_ ON dc_.data_center_id = t.data_center_id
LEFT JOIN cloud_provider AS dc_provider_ ON dc_provider_.provider_id = dc_.provider_id
LEFT JOIN unit AS memory_unit_ ON memory_unit_.unit_id = t.total_memory_unit_id
LEFT JOIN unit AS disk_unit_ ON disk_unit_.unit_id = t.total_disk_unit_id;
