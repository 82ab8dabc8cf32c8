-- To version 2: what login users may do, who is signed in, and who gave wrong passwords; and the views in fewer words,
-- for the engine reads them whenever it opens the file.
--
-- Tables are made anew rather than altered, so that a file which was brought up has the very text of schema.sql. Ids
-- that were used stay used. Nobody signed in before: the first login user becomes the admin, the others may go on to
-- change the inventory.

DROP VIEW v_provider;
DROP VIEW v_dc;
DROP VIEW v_pool;
DROP VIEW v_vm;
DROP VIEW v_storage;
DROP VIEW v_disk;
DROP VIEW v_partition;
DROP VIEW v_ip;
DROP VIEW v_os;
DROP VIEW v_unit;
DROP VIEW v_system;
DROP VIEW v_membership;
DROP VIEW v_user;
DROP VIEW v_login_user;

CREATE TEMPORARY TABLE kept AS SELECT * FROM login_users;
CREATE TEMPORARY TABLE used AS SELECT seq FROM sqlite_sequence WHERE name = 'login_users';
DROP TABLE login_users;

CREATE TABLE login_users (
    login_user_id  INTEGER CONSTRAINT login_users_pk PRIMARY KEY AUTOINCREMENT,
    username       TEXT    CONSTRAINT login_users_username_given NOT NULL
                           CONSTRAINT login_users_username_length CHECK (length(username) BETWEEN 1 AND 255),
    password_hash  TEXT    CONSTRAINT login_users_password_hash_given NOT NULL,
    role           TEXT    CONSTRAINT login_users_role_given NOT NULL
                           CONSTRAINT login_users_role_known CHECK (role IN ('viewer', 'editor', 'admin')),
    email          TEXT,
    created_at     TEXT    CONSTRAINT login_users_created_at_given NOT NULL
) STRICT;
CREATE UNIQUE INDEX login_users_key ON login_users (username);
CREATE INDEX login_users_username_with_slash ON login_users (username) WHERE username LIKE '%/%';

INSERT INTO login_users (login_user_id, username, password_hash, role, email, created_at)
SELECT
    login_user_id, username, password_hash,
    CASE login_user_id WHEN (SELECT min(login_user_id) FROM kept) THEN 'admin' ELSE 'editor' END,
    email, created_at
FROM kept
ORDER BY login_user_id;
DELETE FROM sqlite_sequence WHERE name = 'login_users';
INSERT INTO sqlite_sequence (name, seq) SELECT 'login_users', seq FROM used;
DROP TABLE kept;
DROP TABLE used;

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

CREATE TABLE login_failure (
    login_failure_id  INTEGER CONSTRAINT login_failure_pk PRIMARY KEY AUTOINCREMENT,
    name_hash         TEXT    CONSTRAINT login_failure_name_hash_given NOT NULL
                              CONSTRAINT login_failure_name_hash_length CHECK (length(name_hash) = 5),
    failures          INTEGER CONSTRAINT login_failure_failures_given NOT NULL
                              CONSTRAINT login_failure_failures_positive CHECK (failures > 0),
    waits_until       TEXT    CONSTRAINT login_failure_waits_until_given NOT NULL
) STRICT;
CREATE UNIQUE INDEX login_failure_key ON login_failure (name_hash);

CREATE VIEW v_provider AS
SELECT
    t.provider_id AS id,
    t.name AS path,
    t.name
FROM cloud_provider AS t;

CREATE VIEW v_dc AS
SELECT
    t.data_center_id AS id,
    provider_.name || '/' || t.name AS path,
    t.name,
    provider_.name AS provider,
    t.provider_id,
    t.location
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
        + total_disk_capacity_lower * (disk_unit_.bytes % 1000000000) / 1000000000) / 1000000000 AS disk_bytes
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
