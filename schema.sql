-- The schema of an inventory of virtual machines: tables, keys, references and rules.
--
-- Tables and columns have the names of the data model. Every table is STRICT, every constraint has a name, and an id is
-- never used again. A quantity is two columns: the amount as exact decimal text, as entered, and its unit; either both
-- are set or neither. Times are RFC 3339 text in UTC to the second. An empty field is NULL. Checks compare one word at
-- a time, because SQLite builds a temporary table of the words after IN for every row.
--
-- Unique keys are unique indexes that begin with the name, so that one index finds a record by its name alone and by
-- its name and parent. The indexes on names with a '/' find a path that ends inside such a name (vol1 for nfs/vol1)
-- without reading the other names.

-- Units of quantities. Added to the data model: the number of bytes in one unit.
CREATE TABLE unit (
    unit_id  INTEGER CONSTRAINT unit_pk PRIMARY KEY AUTOINCREMENT,
    name     TEXT    CONSTRAINT unit_name_given NOT NULL
                     CONSTRAINT unit_name_length CHECK (length(name) BETWEEN 1 AND 255),
    bytes    INTEGER CONSTRAINT unit_bytes_given NOT NULL
                     CONSTRAINT unit_bytes_positive CHECK (bytes > 0)
) STRICT;
CREATE UNIQUE INDEX unit_key ON unit (name);
CREATE INDEX unit_name_with_slash ON unit (name) WHERE name LIKE '%/%';

-- Who runs datacenters.
--
-- Added to the data model, here and in the two tables that follow: overcommit ratios, as exact decimal text (4 for 4:1).
-- Without one, that of the datacenter applies to a pool, then that of the provider.
CREATE TABLE cloud_provider (
    provider_id        INTEGER CONSTRAINT cloud_provider_pk PRIMARY KEY AUTOINCREMENT,
    name               TEXT    CONSTRAINT cloud_provider_name_given NOT NULL
                               CONSTRAINT cloud_provider_name_length CHECK (length(name) BETWEEN 1 AND 255),
    cpu_overcommit     TEXT,
    memory_overcommit  TEXT
) STRICT;
CREATE UNIQUE INDEX cloud_provider_key ON cloud_provider (name);
CREATE INDEX cloud_provider_name_with_slash ON cloud_provider (name) WHERE name LIKE '%/%';

-- Datacenters, regions or sites of a provider.
CREATE TABLE data_center (
    data_center_id     INTEGER CONSTRAINT data_center_pk PRIMARY KEY AUTOINCREMENT,
    name               TEXT    CONSTRAINT data_center_name_given NOT NULL
                               CONSTRAINT data_center_name_length CHECK (length(name) BETWEEN 1 AND 255),
    location           TEXT,
    provider_id        INTEGER CONSTRAINT data_center_provider_given NOT NULL
                               CONSTRAINT data_center_provider REFERENCES cloud_provider (provider_id),
    cpu_overcommit     TEXT,
    memory_overcommit  TEXT
) STRICT;
CREATE UNIQUE INDEX data_center_key ON data_center (name, provider_id);
CREATE INDEX data_center_name_with_slash ON data_center (name) WHERE name LIKE '%/%';
CREATE INDEX data_center_by_provider ON data_center (provider_id);

-- Pools of capacity in which machines are placed, and their capacity.
CREATE TABLE cloud_pool (
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
) STRICT;
CREATE UNIQUE INDEX cloud_pool_key ON cloud_pool (name, data_center_id);
CREATE INDEX cloud_pool_name_with_slash ON cloud_pool (name) WHERE name LIKE '%/%';
CREATE INDEX cloud_pool_by_data_center ON cloud_pool (data_center_id);

-- Operating systems.
CREATE TABLE operating_system (
    os_id  INTEGER CONSTRAINT operating_system_pk PRIMARY KEY AUTOINCREMENT,
    name   TEXT    CONSTRAINT operating_system_name_given NOT NULL
                   CONSTRAINT operating_system_name_length CHECK (length(name) BETWEEN 1 AND 255)
) STRICT;
CREATE UNIQUE INDEX operating_system_key ON operating_system (name);
CREATE INDEX operating_system_name_with_slash ON operating_system (name) WHERE name LIKE '%/%';

-- People and teams who own machines.
CREATE TABLE users (
    user_id  INTEGER CONSTRAINT users_pk PRIMARY KEY AUTOINCREMENT,
    name     TEXT    CONSTRAINT users_name_given NOT NULL
                     CONSTRAINT users_name_length CHECK (length(name) BETWEEN 1 AND 255),
    email    TEXT
) STRICT;
CREATE UNIQUE INDEX users_key ON users (name);
CREATE INDEX users_name_with_slash ON users (name) WHERE name LIKE '%/%';

-- Virtual machines.
CREATE TABLE virtual_machine (
    vm_id           INTEGER CONSTRAINT virtual_machine_pk PRIMARY KEY AUTOINCREMENT,
    name            TEXT    CONSTRAINT virtual_machine_name_given NOT NULL
                            CONSTRAINT virtual_machine_name_length CHECK (length(name) BETWEEN 1 AND 255),
    instance_type   TEXT,
    status          TEXT    CONSTRAINT virtual_machine_status_given NOT NULL
                            CONSTRAINT virtual_machine_status_known CHECK (
                                status = 'running' OR status = 'stopped' OR status = 'suspended' OR status = 'planned'
                                OR status = 'failed' OR status = 'retired' OR status = 'unknown'
                            ),
    memory          TEXT,
    memory_unit_id  INTEGER CONSTRAINT virtual_machine_memory_unit REFERENCES unit (unit_id),
    cpu             TEXT,
    created_at      TEXT    CONSTRAINT virtual_machine_created_at_given NOT NULL,
    updated_at      TEXT    CONSTRAINT virtual_machine_updated_at_given NOT NULL,
    cloud_pool_id   INTEGER CONSTRAINT virtual_machine_cloud_pool_given NOT NULL
                            CONSTRAINT virtual_machine_cloud_pool REFERENCES cloud_pool (cloud_pool_id),
    os_id           INTEGER CONSTRAINT virtual_machine_os REFERENCES operating_system (os_id),
    custom_os       TEXT,
    user_id         INTEGER CONSTRAINT virtual_machine_user REFERENCES users (user_id),
    CONSTRAINT virtual_machine_memory_whole CHECK ((memory IS NULL) = (memory_unit_id IS NULL)),
    CONSTRAINT virtual_machine_one_os CHECK (os_id IS NULL OR custom_os IS NULL)
) STRICT;
CREATE UNIQUE INDEX virtual_machine_key ON virtual_machine (name, cloud_pool_id);
CREATE INDEX virtual_machine_name_with_slash ON virtual_machine (name) WHERE name LIKE '%/%';
CREATE INDEX virtual_machine_by_cloud_pool ON virtual_machine (cloud_pool_id);
CREATE INDEX virtual_machine_by_os ON virtual_machine (os_id);
CREATE INDEX virtual_machine_by_user ON virtual_machine (user_id);

-- Storage devices: datastores, volumes, arrays.
CREATE TABLE storage_device (
    storage_device_id       INTEGER CONSTRAINT storage_device_pk PRIMARY KEY AUTOINCREMENT,
    name                    TEXT    CONSTRAINT storage_device_name_given NOT NULL
                                    CONSTRAINT storage_device_name_length CHECK (length(name) BETWEEN 1 AND 255),
    total_capacity          TEXT,
    total_capacity_unit_id  INTEGER CONSTRAINT storage_device_total_capacity_unit REFERENCES unit (unit_id),
    cloud_pool_id           INTEGER CONSTRAINT storage_device_cloud_pool_given NOT NULL
                                    CONSTRAINT storage_device_cloud_pool REFERENCES cloud_pool (cloud_pool_id),
    CONSTRAINT storage_device_total_capacity_whole
        CHECK ((total_capacity IS NULL) = (total_capacity_unit_id IS NULL))
) STRICT;
CREATE UNIQUE INDEX storage_device_key ON storage_device (name, cloud_pool_id);
CREATE INDEX storage_device_name_with_slash ON storage_device (name) WHERE name LIKE '%/%';
CREATE INDEX storage_device_by_cloud_pool ON storage_device (cloud_pool_id);

-- Disks of machines. Added to the data model: a name, so that a disk can be named.
CREATE TABLE disk (
    disk_id            INTEGER CONSTRAINT disk_pk PRIMARY KEY AUTOINCREMENT,
    name               TEXT    CONSTRAINT disk_name_given NOT NULL
                               CONSTRAINT disk_name_length CHECK (length(name) BETWEEN 1 AND 255),
    vm_id              INTEGER CONSTRAINT disk_vm_given NOT NULL
                               CONSTRAINT disk_vm REFERENCES virtual_machine (vm_id),
    storage_device_id  INTEGER CONSTRAINT disk_storage_device REFERENCES storage_device (storage_device_id),
    size               TEXT,
    unit_id            INTEGER CONSTRAINT disk_unit REFERENCES unit (unit_id),
    CONSTRAINT disk_size_whole CHECK ((size IS NULL) = (unit_id IS NULL))
) STRICT;
CREATE UNIQUE INDEX disk_key ON disk (name, vm_id);
CREATE INDEX disk_name_with_slash ON disk (name) WHERE name LIKE '%/%';
CREATE INDEX disk_by_vm ON disk (vm_id);
CREATE INDEX disk_by_storage_device ON disk (storage_device_id);

-- Partitions of disks. Added to the data model: a name, often the mount point.
CREATE TABLE partition (
    partition_id  INTEGER CONSTRAINT partition_pk PRIMARY KEY AUTOINCREMENT,
    name          TEXT    CONSTRAINT partition_name_given NOT NULL
                          CONSTRAINT partition_name_length CHECK (length(name) BETWEEN 1 AND 255),
    disk_id       INTEGER CONSTRAINT partition_disk_given NOT NULL
                          CONSTRAINT partition_disk REFERENCES disk (disk_id),
    size          TEXT,
    unit_id       INTEGER CONSTRAINT partition_unit REFERENCES unit (unit_id),
    filesystem    TEXT,
    CONSTRAINT partition_size_whole CHECK ((size IS NULL) = (unit_id IS NULL))
) STRICT;
CREATE UNIQUE INDEX partition_key ON partition (name, disk_id);
CREATE INDEX partition_name_with_slash ON partition (name) WHERE name LIKE '%/%';
CREATE INDEX partition_by_disk ON partition (disk_id);

-- Addresses of machines; an address without a machine is reserved. IPv4 in dotted form, IPv6 in the form of RFC 5952.
CREATE TABLE ip_address (
    ip_address_id  INTEGER CONSTRAINT ip_address_pk PRIMARY KEY AUTOINCREMENT,
    vm_id          INTEGER CONSTRAINT ip_address_vm REFERENCES virtual_machine (vm_id),
    vlan           TEXT,
    ipv4           TEXT,
    ipv6           TEXT,
    CONSTRAINT ip_address_given CHECK (ipv4 IS NOT NULL OR ipv6 IS NOT NULL)
) STRICT;
CREATE UNIQUE INDEX ip_address_key ON ip_address (ipv4, coalesce(vlan, ''), coalesce(vm_id, 0));
CREATE UNIQUE INDEX ip_address_key_2 ON ip_address (ipv6, coalesce(vlan, ''), coalesce(vm_id, 0));
CREATE INDEX ip_address_by_vm ON ip_address (vm_id);

-- Systems that machines serve together.
CREATE TABLE system (
    system_id    INTEGER CONSTRAINT system_pk PRIMARY KEY AUTOINCREMENT,
    name         TEXT    CONSTRAINT system_name_given NOT NULL
                         CONSTRAINT system_name_length CHECK (length(name) BETWEEN 1 AND 255),
    description  TEXT,
    created_at   TEXT    CONSTRAINT system_created_at_given NOT NULL,
    updated_at   TEXT    CONSTRAINT system_updated_at_given NOT NULL
) STRICT;
CREATE UNIQUE INDEX system_key ON system (name);
CREATE INDEX system_name_with_slash ON system (name) WHERE name LIKE '%/%';

-- Memberships of machines in systems. Added to the data model: an id, because every record in history has one.
CREATE TABLE system_virtual_machine (
    system_virtual_machine_id  INTEGER CONSTRAINT system_virtual_machine_pk PRIMARY KEY AUTOINCREMENT,
    system_id                  INTEGER CONSTRAINT system_virtual_machine_system_given NOT NULL
                                       CONSTRAINT system_virtual_machine_system REFERENCES system (system_id),
    vm_id                      INTEGER CONSTRAINT system_virtual_machine_vm_given NOT NULL
                                       CONSTRAINT system_virtual_machine_vm REFERENCES virtual_machine (vm_id)
) STRICT;
CREATE UNIQUE INDEX system_virtual_machine_key ON system_virtual_machine (system_id, vm_id);
CREATE INDEX system_virtual_machine_by_vm ON system_virtual_machine (vm_id);

-- People who operate inv, and their roles: a viewer reads, an editor changes the inventory, an admin also changes login
-- users. The password is stored as an Argon2id hash in PHC form (RFC 9106).
CREATE TABLE login_users (
    login_user_id  INTEGER CONSTRAINT login_users_pk PRIMARY KEY AUTOINCREMENT,
    username       TEXT    CONSTRAINT login_users_username_given NOT NULL
                           CONSTRAINT login_users_username_length CHECK (length(username) BETWEEN 1 AND 255),
    password_hash  TEXT    CONSTRAINT login_users_password_hash_given NOT NULL,
    role           TEXT    CONSTRAINT login_users_role_given NOT NULL
                           CONSTRAINT login_users_role_known CHECK (
                               role = 'viewer' OR role = 'editor' OR role = 'admin'
                           ),
    email          TEXT,
    created_at     TEXT    CONSTRAINT login_users_created_at_given NOT NULL
) STRICT;
CREATE UNIQUE INDEX login_users_key ON login_users (username);
CREATE INDEX login_users_username_with_slash ON login_users (username) WHERE username LIKE '%/%';

-- Sources that estates are imported from. Added to the data model, with the two tables that follow.
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

-- Records that a source made or adopted: each by its noun and its id, whatever the noun, with the id that the source has
-- for it. An external id is unique within its source. A record that the source has no id for is known by its own key. The
-- second fact tells apart records that had the same id one after another; `last_confirmed` is only of missing ones.
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

-- Fields that a person decides, or one of several sources, and not the last source that has a value; with the value that
-- another source offered last.
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

-- Sessions: login user, user of the operating system and expiry. The secret of a session is in its file; the inventory
-- stores only the SHA-256 of it, in hexadecimal.
CREATE TABLE login_session (
    login_session_id  INTEGER CONSTRAINT login_session_pk PRIMARY KEY AUTOINCREMENT,
    login_user_id     INTEGER CONSTRAINT login_session_login_user_given NOT NULL
                              CONSTRAINT login_session_login_user
                                  REFERENCES login_users (login_user_id) ON DELETE CASCADE,
    os_uid            INTEGER CONSTRAINT login_session_os_uid_given NOT NULL,
    secret_hash       TEXT    CONSTRAINT login_session_secret_hash_given NOT NULL
                              CONSTRAINT login_session_secret_hash_length CHECK (length(secret_hash) = 64),
    expires_at        TEXT    CONSTRAINT login_session_expires_at_given NOT NULL
) STRICT;
CREATE UNIQUE INDEX login_session_key ON login_session (secret_hash);
CREATE INDEX login_session_by_login_user ON login_session (login_user_id);

-- Wrong passwords in a row, and the end of the wait that follows. Unknown names count like known ones. A name is stored
-- as the first 20 bits of its SHA-256, because a password may have been typed as a name.
CREATE TABLE login_failure (
    login_failure_id  INTEGER CONSTRAINT login_failure_pk PRIMARY KEY AUTOINCREMENT,
    name_hash         TEXT    CONSTRAINT login_failure_name_hash_given NOT NULL
                              CONSTRAINT login_failure_name_hash_length CHECK (length(name_hash) = 5),
    failures          INTEGER CONSTRAINT login_failure_failures_given NOT NULL
                              CONSTRAINT login_failure_failures_positive CHECK (failures > 0),
    waits_until       TEXT    CONSTRAINT login_failure_waits_until_given NOT NULL
) STRICT;
CREATE UNIQUE INDEX login_failure_key ON login_failure (name_hash);

-- Changes to the tables above: user, time, command, and a hash of the change and of the hash before it.
--
-- `undoes` is the change that this one reverses, `partly` whether it reversed only a part, `source_id` the source that
-- was imported. They are not foreign keys, because a change and its hash stay valid after those were removed. A purge is
-- a change without entries that stores the last purged change and its hash: the chain continues from that hash.
CREATE TABLE change (
    change_id    INTEGER CONSTRAINT change_pk PRIMARY KEY AUTOINCREMENT,
    at           TEXT    CONSTRAINT change_at_given NOT NULL,
    login_user   TEXT,
    os_user      TEXT,
    host         TEXT,
    command      TEXT    CONSTRAINT change_command_given NOT NULL,
    message      TEXT,
    undoes       INTEGER,
    partly       INTEGER CONSTRAINT change_partly_given NOT NULL
                         CONSTRAINT change_partly_known CHECK (partly IN (0, 1)),
    purged       INTEGER,
    purged_hash  TEXT,
    hash         TEXT    CONSTRAINT change_hash_given NOT NULL,
    source_id    INTEGER,
    CONSTRAINT change_purge_whole CHECK ((purged IS NULL) = (purged_hash IS NULL))
) STRICT;

-- Files from which changes were imported.
CREATE TABLE change_file (
    change_file_id  INTEGER CONSTRAINT change_file_pk PRIMARY KEY AUTOINCREMENT,
    change_id       INTEGER CONSTRAINT change_file_change_given NOT NULL
                            CONSTRAINT change_file_change REFERENCES change (change_id),
    name            TEXT    CONSTRAINT change_file_name_given NOT NULL
) STRICT;

-- The inverse of each change, in order. Entries are only appended, so the entries of a change are consecutive and are
-- found without an index. A create stores the ids of the records: consecutive ids share an entry, which never crosses a
-- multiple of 4096, so that the entry of an id is found among few. An update stores the old values of the changed
-- fields, a delete all values, by column, as JSON, never secrets. An import stores the file, and the line of the first
-- record if the lines are consecutive, otherwise the line of each record, as JSON.
CREATE TABLE change_entry (
    change_entry_id  INTEGER CONSTRAINT change_entry_pk PRIMARY KEY AUTOINCREMENT,
    change_id        INTEGER CONSTRAINT change_entry_change_given NOT NULL
                             CONSTRAINT change_entry_change REFERENCES change (change_id),
    noun             TEXT    CONSTRAINT change_entry_noun_given NOT NULL,
    action           TEXT    CONSTRAINT change_entry_action_given NOT NULL
                             CONSTRAINT change_entry_action_known CHECK (
                                 action = 'create' OR action = 'update' OR action = 'remove'
                             ),
    first_id         INTEGER CONSTRAINT change_entry_first_given NOT NULL,
    last_id          INTEGER CONSTRAINT change_entry_last_given NOT NULL,
    old              TEXT,
    change_file_id   INTEGER CONSTRAINT change_entry_file REFERENCES change_file (change_file_id),
    line             INTEGER,
    lines            TEXT,
    CONSTRAINT change_entry_old_kept CHECK ((old IS NULL) = (action = 'create')),
    CONSTRAINT change_entry_lines CHECK (lines IS NULL OR line IS NULL),
    CONSTRAINT change_entry_range CHECK (last_id = first_id OR (last_id > first_id AND action = 'create'))
) STRICT;
CREATE INDEX change_entry_by_record ON change_entry (noun, first_id);
CREATE INDEX change_entry_by_range ON change_entry (noun, first_id) WHERE last_id > first_id;

-- The units in every new inventory: decimal (SI) and binary (IEC 80000-13).
INSERT INTO unit (name, bytes) VALUES
    ('B', 1),
    ('kB', 1000),
    ('MB', 1000000),
    ('GB', 1000000000),
    ('TB', 1000000000000),
    ('PB', 1000000000000000),
    ('KiB', 1024),
    ('MiB', 1048576),
    ('GiB', 1073741824),
    ('TiB', 1099511627776),
    ('PiB', 1125899906842624);

-- Views with readable names, one for each table, for SQL written by people: names and paths instead of ids, bytes next
-- to amounts and units. No view contains password hashes. Derived from the catalog; a test compares them with it.

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

CREATE VIEW v_vm AS
SELECT
    t.vm_id AS id,
    pool_dc_provider_.name || '/' || pool_dc_.name || '/' || pool_.name || '/' || t.name AS path,
    t.name,
    pool_.name AS pool,
    t.cloud_pool_id AS pool_id,
    pool_dc_.name AS dc,
    pool_dc_provider_.name AS provider,
    t.instance_type AS type,
    t.status,
    t.memory || ' ' || memory_unit_.name AS memory,
    CAST(t.memory AS INTEGER) * memory_unit_.bytes + memory_upper * (memory_unit_.bytes / 1000000000)
        + (memory_upper * (memory_unit_.bytes % 1000000000)
        + memory_lower * (memory_unit_.bytes / 1000000000)
        + memory_lower * (memory_unit_.bytes % 1000000000) / 1000000000) / 1000000000 AS memory_bytes,
    CAST(t.cpu AS NUMERIC) AS cpu,
    os_.name AS os,
    t.os_id,
    t.custom_os,
    owner_.name AS owner,
    t.user_id AS owner_id,
    t.created_at AS created,
    t.updated_at AS updated
FROM (
    SELECT *,
        substr(memory || '000000000000000000', instr(memory || '.', '.') + 1, 9) AS memory_upper,
        substr(memory || '000000000000000000', instr(memory || '.', '.') + 10, 9) AS memory_lower
    FROM virtual_machine
) AS t
LEFT JOIN cloud_pool AS pool_ ON pool_.cloud_pool_id = t.cloud_pool_id
LEFT JOIN data_center AS pool_dc_ ON pool_dc_.data_center_id = pool_.data_center_id
LEFT JOIN cloud_provider AS pool_dc_provider_ ON pool_dc_provider_.provider_id = pool_dc_.provider_id
LEFT JOIN unit AS memory_unit_ ON memory_unit_.unit_id = t.memory_unit_id
LEFT JOIN operating_system AS os_ ON os_.os_id = t.os_id
LEFT JOIN users AS owner_ ON owner_.user_id = t.user_id;

CREATE VIEW v_storage AS
SELECT
    t.storage_device_id AS id,
    pool_dc_provider_.name || '/' || pool_dc_.name || '/' || pool_.name || '/' || t.name AS path,
    t.name,
    pool_.name AS pool,
    t.cloud_pool_id AS pool_id,
    pool_dc_.name AS dc,
    pool_dc_provider_.name AS provider,
    t.total_capacity || ' ' || capacity_unit_.name AS capacity,
    CAST(t.total_capacity AS INTEGER) * capacity_unit_.bytes + total_capacity_upper * (capacity_unit_.bytes / 1000000000)
        + (total_capacity_upper * (capacity_unit_.bytes % 1000000000)
        + total_capacity_lower * (capacity_unit_.bytes / 1000000000)
        + total_capacity_lower * (capacity_unit_.bytes % 1000000000) / 1000000000) / 1000000000 AS capacity_bytes
FROM (
    SELECT *,
        substr(total_capacity || '000000000000000000', instr(total_capacity || '.', '.') + 1, 9) AS total_capacity_upper,
        substr(total_capacity || '000000000000000000', instr(total_capacity || '.', '.') + 10, 9) AS total_capacity_lower
    FROM storage_device
) AS t
LEFT JOIN cloud_pool AS pool_ ON pool_.cloud_pool_id = t.cloud_pool_id
LEFT JOIN data_center AS pool_dc_ ON pool_dc_.data_center_id = pool_.data_center_id
LEFT JOIN cloud_provider AS pool_dc_provider_ ON pool_dc_provider_.provider_id = pool_dc_.provider_id
LEFT JOIN unit AS capacity_unit_ ON capacity_unit_.unit_id = t.total_capacity_unit_id;

CREATE VIEW v_disk AS
SELECT
    t.disk_id AS id,
    vm_pool_dc_provider_.name || '/' || vm_pool_dc_.name || '/' || vm_pool_.name || '/' || vm_.name || '/' || t.name AS path,
    t.name,
    vm_.name AS vm,
    t.vm_id,
    vm_pool_.name AS pool,
    vm_pool_dc_.name AS dc,
    vm_pool_dc_provider_.name AS provider,
    storage_.name AS storage,
    t.storage_device_id AS storage_id,
    t.size || ' ' || size_unit_.name AS size,
    CAST(t.size AS INTEGER) * size_unit_.bytes + size_upper * (size_unit_.bytes / 1000000000)
        + (size_upper * (size_unit_.bytes % 1000000000)
        + size_lower * (size_unit_.bytes / 1000000000)
        + size_lower * (size_unit_.bytes % 1000000000) / 1000000000) / 1000000000 AS size_bytes
FROM (
    SELECT *,
        substr(size || '000000000000000000', instr(size || '.', '.') + 1, 9) AS size_upper,
        substr(size || '000000000000000000', instr(size || '.', '.') + 10, 9) AS size_lower
    FROM disk
) AS t
LEFT JOIN virtual_machine AS vm_ ON vm_.vm_id = t.vm_id
LEFT JOIN cloud_pool AS vm_pool_ ON vm_pool_.cloud_pool_id = vm_.cloud_pool_id
LEFT JOIN data_center AS vm_pool_dc_ ON vm_pool_dc_.data_center_id = vm_pool_.data_center_id
LEFT JOIN cloud_provider AS vm_pool_dc_provider_ ON vm_pool_dc_provider_.provider_id = vm_pool_dc_.provider_id
LEFT JOIN storage_device AS storage_ ON storage_.storage_device_id = t.storage_device_id
LEFT JOIN unit AS size_unit_ ON size_unit_.unit_id = t.unit_id;

CREATE VIEW v_partition AS
SELECT
    t.partition_id AS id,
    disk_vm_pool_dc_provider_.name || '/' || disk_vm_pool_dc_.name || '/' || disk_vm_pool_.name || '/' || disk_vm_.name || '/' || disk_.name || '/' || t.name AS path,
    t.name,
    disk_.name AS disk,
    t.disk_id,
    disk_vm_.name AS vm,
    disk_vm_pool_.name AS pool,
    disk_vm_pool_dc_.name AS dc,
    disk_vm_pool_dc_provider_.name AS provider,
    t.size || ' ' || size_unit_.name AS size,
    CAST(t.size AS INTEGER) * size_unit_.bytes + size_upper * (size_unit_.bytes / 1000000000)
        + (size_upper * (size_unit_.bytes % 1000000000)
        + size_lower * (size_unit_.bytes / 1000000000)
        + size_lower * (size_unit_.bytes % 1000000000) / 1000000000) / 1000000000 AS size_bytes,
    t.filesystem
FROM (
    SELECT *,
        substr(size || '000000000000000000', instr(size || '.', '.') + 1, 9) AS size_upper,
        substr(size || '000000000000000000', instr(size || '.', '.') + 10, 9) AS size_lower
    FROM partition
) AS t
LEFT JOIN disk AS disk_ ON disk_.disk_id = t.disk_id
LEFT JOIN virtual_machine AS disk_vm_ ON disk_vm_.vm_id = disk_.vm_id
LEFT JOIN cloud_pool AS disk_vm_pool_ ON disk_vm_pool_.cloud_pool_id = disk_vm_.cloud_pool_id
LEFT JOIN data_center AS disk_vm_pool_dc_ ON disk_vm_pool_dc_.data_center_id = disk_vm_pool_.data_center_id
LEFT JOIN cloud_provider AS disk_vm_pool_dc_provider_ ON disk_vm_pool_dc_provider_.provider_id = disk_vm_pool_dc_.provider_id
LEFT JOIN unit AS size_unit_ ON size_unit_.unit_id = t.unit_id;

CREATE VIEW v_ip AS
SELECT
    t.ip_address_id AS id,
    coalesce(vm_pool_dc_provider_.name || '/', '') || coalesce(vm_pool_dc_.name || '/', '') || coalesce(vm_pool_.name || '/', '') || coalesce(vm_.name || '/', '') || coalesce(t.ipv4, t.ipv6) AS path,
    t.ipv4,
    t.ipv6,
    vm_.name AS vm,
    t.vm_id,
    vm_pool_.name AS pool,
    vm_pool_dc_.name AS dc,
    vm_pool_dc_provider_.name AS provider,
    t.vlan
FROM ip_address AS t
LEFT JOIN virtual_machine AS vm_ ON vm_.vm_id = t.vm_id
LEFT JOIN cloud_pool AS vm_pool_ ON vm_pool_.cloud_pool_id = vm_.cloud_pool_id
LEFT JOIN data_center AS vm_pool_dc_ ON vm_pool_dc_.data_center_id = vm_pool_.data_center_id
LEFT JOIN cloud_provider AS vm_pool_dc_provider_ ON vm_pool_dc_provider_.provider_id = vm_pool_dc_.provider_id;

CREATE VIEW v_os AS
SELECT
    t.os_id AS id,
    t.name AS path,
    t.name
FROM operating_system AS t;

CREATE VIEW v_unit AS
SELECT
    t.unit_id AS id,
    t.name AS path,
    t.name,
    t.bytes
FROM unit AS t;

CREATE VIEW v_system AS
SELECT
    t.system_id AS id,
    t.name AS path,
    t.name,
    t.description,
    t.created_at AS created,
    t.updated_at AS updated
FROM system AS t;

CREATE VIEW v_membership AS
SELECT
    t.system_virtual_machine_id AS id,
    system_.name AS system,
    t.system_id,
    vm_.name AS vm,
    t.vm_id
FROM system_virtual_machine AS t
LEFT JOIN system AS system_ ON system_.system_id = t.system_id
LEFT JOIN virtual_machine AS vm_ ON vm_.vm_id = t.vm_id;

CREATE VIEW v_user AS
SELECT
    t.user_id AS id,
    t.name AS path,
    t.name,
    t.email
FROM users AS t;

CREATE VIEW v_login_user AS
SELECT
    t.login_user_id AS id,
    t.username AS path,
    t.username,
    t.role,
    t.email,
    t.created_at AS created
FROM login_users AS t;

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
