-- An inventory of schema version 6, as inv 0.1.0 made it. Tests build the file from this and bring it up to today's
-- version. It is never changed: what was released stays released.
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE unit (
    unit_id  INTEGER CONSTRAINT unit_pk PRIMARY KEY AUTOINCREMENT,
    name     TEXT    CONSTRAINT unit_name_given NOT NULL
                     CONSTRAINT unit_name_length CHECK (length(name) BETWEEN 1 AND 255),
    bytes    INTEGER CONSTRAINT unit_bytes_given NOT NULL
                     CONSTRAINT unit_bytes_positive CHECK (bytes > 0)
) STRICT;
INSERT INTO unit VALUES(1,'B',1);
INSERT INTO unit VALUES(2,'kB',1000);
INSERT INTO unit VALUES(3,'MB',1000000);
INSERT INTO unit VALUES(4,'GB',1000000000);
INSERT INTO unit VALUES(5,'TB',1000000000000);
INSERT INTO unit VALUES(6,'PB',1000000000000000);
INSERT INTO unit VALUES(7,'KiB',1024);
INSERT INTO unit VALUES(8,'MiB',1048576);
INSERT INTO unit VALUES(9,'GiB',1073741824);
INSERT INTO unit VALUES(10,'TiB',1099511627776);
INSERT INTO unit VALUES(11,'PiB',1125899906842624);
INSERT INTO unit VALUES(12,'block',512);
CREATE TABLE cloud_provider (
    provider_id  INTEGER CONSTRAINT cloud_provider_pk PRIMARY KEY AUTOINCREMENT,
    name         TEXT    CONSTRAINT cloud_provider_name_given NOT NULL
                         CONSTRAINT cloud_provider_name_length CHECK (length(name) BETWEEN 1 AND 255)
) STRICT;
INSERT INTO cloud_provider VALUES(1,'AWS');
CREATE TABLE data_center (
    data_center_id  INTEGER CONSTRAINT data_center_pk PRIMARY KEY AUTOINCREMENT,
    name            TEXT    CONSTRAINT data_center_name_given NOT NULL
                            CONSTRAINT data_center_name_length CHECK (length(name) BETWEEN 1 AND 255),
    location        TEXT,
    provider_id     INTEGER CONSTRAINT data_center_provider_given NOT NULL
                            CONSTRAINT data_center_provider REFERENCES cloud_provider (provider_id)
) STRICT;
INSERT INTO data_center VALUES(1,'tokyo','Tokyo',1);
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
    CONSTRAINT cloud_pool_total_memory_whole CHECK ((total_memory IS NULL) = (total_memory_unit_id IS NULL)),
    CONSTRAINT cloud_pool_total_disk_whole CHECK ((total_disk_capacity IS NULL) = (total_disk_unit_id IS NULL))
) STRICT;
INSERT INTO cloud_pool VALUES(1,'prod','512',9,'128','10',10,1);
CREATE TABLE operating_system (
    os_id  INTEGER CONSTRAINT operating_system_pk PRIMARY KEY AUTOINCREMENT,
    name   TEXT    CONSTRAINT operating_system_name_given NOT NULL
                   CONSTRAINT operating_system_name_length CHECK (length(name) BETWEEN 1 AND 255)
) STRICT;
INSERT INTO operating_system VALUES(1,'Debian-12');
CREATE TABLE users (
    user_id  INTEGER CONSTRAINT users_pk PRIMARY KEY AUTOINCREMENT,
    name     TEXT    CONSTRAINT users_name_given NOT NULL
                     CONSTRAINT users_name_length CHECK (length(name) BETWEEN 1 AND 255),
    email    TEXT
) STRICT;
INSERT INTO users VALUES(1,'alice','alice@example.com');
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
INSERT INTO virtual_machine VALUES(1,'web01',NULL,'running','16',9,NULL,'2026-11-30T18:34:22Z','2026-11-30T18:34:22Z',1,1,NULL,1);
INSERT INTO virtual_machine VALUES(2,'web02',NULL,'stopped','1.5',4,NULL,'2026-11-30T18:34:22Z','2026-11-30T18:34:23Z',1,NULL,NULL,1);
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
INSERT INTO storage_device VALUES(1,'san1','5',10,1);
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
INSERT INTO disk VALUES(1,'disk0',1,1,'100',9);
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
INSERT INTO "partition" VALUES(1,'/boot',1,'1',9,'ext4');
CREATE TABLE ip_address (
    ip_address_id  INTEGER CONSTRAINT ip_address_pk PRIMARY KEY AUTOINCREMENT,
    vm_id          INTEGER CONSTRAINT ip_address_vm REFERENCES virtual_machine (vm_id),
    vlan           TEXT,
    ipv4           TEXT,
    ipv6           TEXT,
    CONSTRAINT ip_address_given CHECK (ipv4 IS NOT NULL OR ipv6 IS NOT NULL)
) STRICT;
INSERT INTO ip_address VALUES(1,1,'101','10.0.0.11',NULL);
CREATE TABLE system (
    system_id    INTEGER CONSTRAINT system_pk PRIMARY KEY AUTOINCREMENT,
    name         TEXT    CONSTRAINT system_name_given NOT NULL
                         CONSTRAINT system_name_length CHECK (length(name) BETWEEN 1 AND 255),
    description  TEXT,
    created_at   TEXT    CONSTRAINT system_created_at_given NOT NULL,
    updated_at   TEXT    CONSTRAINT system_updated_at_given NOT NULL
) STRICT;
INSERT INTO system VALUES(1,'billing','Invoices','2026-11-30T18:34:22Z','2026-11-30T18:34:22Z');
CREATE TABLE system_virtual_machine (
    system_virtual_machine_id  INTEGER CONSTRAINT system_virtual_machine_pk PRIMARY KEY AUTOINCREMENT,
    system_id                  INTEGER CONSTRAINT system_virtual_machine_system_given NOT NULL
                                       CONSTRAINT system_virtual_machine_system REFERENCES system (system_id),
    vm_id                      INTEGER CONSTRAINT system_virtual_machine_vm_given NOT NULL
                                       CONSTRAINT system_virtual_machine_vm REFERENCES virtual_machine (vm_id)
) STRICT;
INSERT INTO system_virtual_machine VALUES(1,1,1);
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
INSERT INTO login_users VALUES(1,'carol','$argon2id$v=19$m=65536,t=3,p=4$BMFMdWS2PvRbtaYJyNoRFQ$V1rxZoiBdcttfusSlhx+vKyVKZSvty4z6qDquxVZBDA','admin','carol@example.com','2026-11-30T18:34:23Z');
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
INSERT INTO source VALUES(1,'vcenter','rvtools',NULL,NULL,'20%',NULL,NULL,NULL);
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
CREATE TABLE field_owner (
    field_owner_id  INTEGER CONSTRAINT field_owner_pk PRIMARY KEY AUTOINCREMENT,
    noun            TEXT    CONSTRAINT field_owner_noun_given NOT NULL,
    record_id       INTEGER CONSTRAINT field_owner_record_given NOT NULL,
    field           TEXT    CONSTRAINT field_owner_field_given NOT NULL,
    source_id       INTEGER CONSTRAINT field_owner_source REFERENCES source (source_id),
    offered         TEXT,
    offered_by_id   INTEGER CONSTRAINT field_owner_offered_by REFERENCES source (source_id)
) STRICT;
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
CREATE TABLE login_failure (
    login_failure_id  INTEGER CONSTRAINT login_failure_pk PRIMARY KEY AUTOINCREMENT,
    name_hash         TEXT    CONSTRAINT login_failure_name_hash_given NOT NULL
                              CONSTRAINT login_failure_name_hash_length CHECK (length(name_hash) = 5),
    failures          INTEGER CONSTRAINT login_failure_failures_given NOT NULL
                              CONSTRAINT login_failure_failures_positive CHECK (failures > 0),
    waits_until       TEXT    CONSTRAINT login_failure_waits_until_given NOT NULL
) STRICT;
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
INSERT INTO change VALUES(1,'2026-11-30T18:34:22Z',NULL,'root','vm','inv --db v6.db provider add AWS',NULL,NULL,0,NULL,NULL,'d39cd5a66a7f056e27ba0170b9de917fa81f2412c81667db0e05bbbb3af4245a',NULL);
INSERT INTO change VALUES(2,'2026-11-30T18:34:22Z',NULL,'root','vm','inv --db v6.db dc add tokyo --provider AWS --location Tokyo',NULL,NULL,0,NULL,NULL,'07c14291425e94fb8864dbc6cc7859cb4e179f57fd0fcacf1c675f30b430e514',NULL);
INSERT INTO change VALUES(3,'2026-11-30T18:34:22Z',NULL,'root','vm','inv --db v6.db pool add prod --dc tokyo --memory 512GiB --cpu 128 --disk 10TiB',NULL,NULL,0,NULL,NULL,'124ef2c5989fbdcb434da14839ced17d7eed69b4c40863b36be01dd22ee44543',NULL);
INSERT INTO change VALUES(4,'2026-11-30T18:34:22Z',NULL,'root','vm','inv --db v6.db storage add san1 --pool prod --capacity 5TiB',NULL,NULL,0,NULL,NULL,'20d3e5b64cd16c83e5717a31681727b4eb6630a30f13c467f666c78ae2d915ea',NULL);
INSERT INTO change VALUES(5,'2026-11-30T18:34:22Z',NULL,'root','vm','inv --db v6.db user add alice --email alice@example.com',NULL,NULL,0,NULL,NULL,'4c7261b45b5c33245e4fc390e707d7074c357366de0d14f826d3ebd37ec1efc8',NULL);
INSERT INTO change VALUES(6,'2026-11-30T18:34:22Z',NULL,'root','vm','inv --db v6.db os add Debian-12',NULL,NULL,0,NULL,NULL,'99b49502a29917d47f23ff4e74156e7a0bd1aa5ae87913a0d8c694e3541cff0b',NULL);
INSERT INTO change VALUES(7,'2026-11-30T18:34:22Z',NULL,'root','vm','inv --db v6.db system add billing --description Invoices',NULL,NULL,0,NULL,NULL,'a216717c5b0b548a1d2bd26e1e2ae77c48edaee7977fd16818b81b6d997b722f',NULL);
INSERT INTO change VALUES(8,'2026-11-30T18:34:22Z',NULL,'root','vm','inv --db v6.db unit add block --bytes 512',NULL,NULL,0,NULL,NULL,'6e52881de686c188c9d127eae99b198a8b06d6a5b3bf5df2cf928067b14cc658',NULL);
INSERT INTO change VALUES(9,'2026-11-30T18:34:22Z',NULL,'root','vm','inv --db v6.db vm import vms.csv',NULL,NULL,0,NULL,NULL,'e460252a104bc5a5cf4980b893a690bf2b7f7d0405aa9d80dc2649f1b015fcc9',NULL);
INSERT INTO change VALUES(10,'2026-11-30T18:34:23Z',NULL,'root','vm','inv --db v6.db disk import disks.csv',NULL,NULL,0,NULL,NULL,'58b7f8d629118f0a585ea534caddf8b784e2dd202db172231a9663faeca88e4e',NULL);
INSERT INTO change VALUES(11,'2026-11-30T18:34:23Z',NULL,'root','vm','inv --db v6.db ip add 10.0.0.11 --vm web01 --vlan 101',NULL,NULL,0,NULL,NULL,'670de6cd64f7c6eb2c6e7f4730a32aa6b6b38b373f7be1cdcf1e7daa127c4e6c',NULL);
INSERT INTO change VALUES(12,'2026-11-30T18:34:23Z',NULL,'root','vm','inv --db v6.db system attach billing web01',NULL,NULL,0,NULL,NULL,'394197fe3db3a96d901d215ed4e4287bf43cc34720600afa1e494647e04dec21',NULL);
INSERT INTO change VALUES(13,'2026-11-30T18:34:23Z',NULL,'root','vm','inv --db v6.db partition add /boot --disk web01/disk0 --size 1GiB --filesystem ext4',NULL,NULL,0,NULL,NULL,'252e900652e7b9d2fd8a68165e004e4c548671abf36efe4fe3f5f9fd9fb58292',NULL);
INSERT INTO change VALUES(14,'2026-11-30T18:34:23Z',NULL,'root','vm','inv --db v6.db source add vcenter --kind rvtools --guard 20%',NULL,NULL,0,NULL,NULL,'3969f757583c472bb0945d6d597ecad37409fd00256361895bc3f4206d001234',NULL);
INSERT INTO change VALUES(15,'2026-11-30T18:34:23Z',NULL,'root','vm','inv --db v6.db vm set web02 --status stopped -m CHG-1','CHG-1',NULL,0,NULL,NULL,'de0b4c6dab7caed8540784150035fbb8ae7e1c5e8f5ccba46dba0e49054f1c07',NULL);
INSERT INTO change VALUES(16,'2026-11-30T18:34:23Z',NULL,'root','vm','inv --db v6.db vm rm old01 --yes',NULL,NULL,0,NULL,NULL,'e98c138cbe4be894231c0a8451f6e9327de07d2b21204bef90eb1a60cceb2445',NULL);
INSERT INTO change VALUES(17,'2026-11-30T18:34:23Z',NULL,'root','vm','inv --db v6.db login-user add carol --role admin --password-stdin --email carol@example.com',NULL,NULL,0,NULL,NULL,'1320232b4387ffcd509e1406496dd305ffa59a303145dfcf184fd6bf5e3ccf3a',NULL);
CREATE TABLE change_file (
    change_file_id  INTEGER CONSTRAINT change_file_pk PRIMARY KEY AUTOINCREMENT,
    change_id       INTEGER CONSTRAINT change_file_change_given NOT NULL
                            CONSTRAINT change_file_change REFERENCES change (change_id),
    name            TEXT    CONSTRAINT change_file_name_given NOT NULL
) STRICT;
INSERT INTO change_file VALUES(1,9,'vms.csv');
INSERT INTO change_file VALUES(2,10,'disks.csv');
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
INSERT INTO change_entry VALUES(1,1,'provider','create',1,1,NULL,NULL,NULL,NULL);
INSERT INTO change_entry VALUES(2,2,'dc','create',1,1,NULL,NULL,NULL,NULL);
INSERT INTO change_entry VALUES(3,3,'pool','create',1,1,NULL,NULL,NULL,NULL);
INSERT INTO change_entry VALUES(4,4,'storage','create',1,1,NULL,NULL,NULL,NULL);
INSERT INTO change_entry VALUES(5,5,'user','create',1,1,NULL,NULL,NULL,NULL);
INSERT INTO change_entry VALUES(6,6,'os','create',1,1,NULL,NULL,NULL,NULL);
INSERT INTO change_entry VALUES(7,7,'system','create',1,1,NULL,NULL,NULL,NULL);
INSERT INTO change_entry VALUES(8,8,'unit','create',12,12,NULL,NULL,NULL,NULL);
INSERT INTO change_entry VALUES(9,9,'vm','create',1,3,NULL,1,2,NULL);
INSERT INTO change_entry VALUES(10,10,'disk','create',1,1,NULL,2,2,NULL);
INSERT INTO change_entry VALUES(11,11,'ip','create',1,1,NULL,NULL,NULL,NULL);
INSERT INTO change_entry VALUES(12,12,'membership','create',1,1,NULL,NULL,NULL,NULL);
INSERT INTO change_entry VALUES(13,13,'partition','create',1,1,NULL,NULL,NULL,NULL);
INSERT INTO change_entry VALUES(14,14,'source','create',1,1,NULL,NULL,NULL,NULL);
INSERT INTO change_entry VALUES(15,15,'vm','update',2,2,'{"status":"planned","updated_at":"2026-11-30T18:34:22Z"}',NULL,NULL,NULL);
INSERT INTO change_entry VALUES(16,16,'vm','remove',3,3,'{"name":"old01","cloud_pool_id":1,"instance_type":null,"status":"retired","memory":null,"memory_unit_id":null,"cpu":null,"os_id":null,"custom_os":null,"user_id":null,"created_at":"2026-11-30T18:34:22Z","updated_at":"2026-11-30T18:34:22Z"}',NULL,NULL,NULL);
INSERT INTO change_entry VALUES(17,17,'login-user','create',1,1,NULL,NULL,NULL,NULL);
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('unit',12);
INSERT INTO sqlite_sequence VALUES('cloud_provider',1);
INSERT INTO sqlite_sequence VALUES('change',17);
INSERT INTO sqlite_sequence VALUES('change_entry',17);
INSERT INTO sqlite_sequence VALUES('data_center',1);
INSERT INTO sqlite_sequence VALUES('cloud_pool',1);
INSERT INTO sqlite_sequence VALUES('storage_device',1);
INSERT INTO sqlite_sequence VALUES('users',1);
INSERT INTO sqlite_sequence VALUES('operating_system',1);
INSERT INTO sqlite_sequence VALUES('system',1);
INSERT INTO sqlite_sequence VALUES('virtual_machine',3);
INSERT INTO sqlite_sequence VALUES('change_file',2);
INSERT INTO sqlite_sequence VALUES('disk',1);
INSERT INTO sqlite_sequence VALUES('ip_address',1);
INSERT INTO sqlite_sequence VALUES('system_virtual_machine',1);
INSERT INTO sqlite_sequence VALUES('partition',1);
INSERT INTO sqlite_sequence VALUES('source',1);
INSERT INTO sqlite_sequence VALUES('login_users',1);
CREATE UNIQUE INDEX unit_key ON unit (name);
CREATE INDEX unit_name_with_slash ON unit (name) WHERE name LIKE '%/%';
CREATE UNIQUE INDEX cloud_provider_key ON cloud_provider (name);
CREATE INDEX cloud_provider_name_with_slash ON cloud_provider (name) WHERE name LIKE '%/%';
CREATE UNIQUE INDEX data_center_key ON data_center (name, provider_id);
CREATE INDEX data_center_name_with_slash ON data_center (name) WHERE name LIKE '%/%';
CREATE INDEX data_center_by_provider ON data_center (provider_id);
CREATE UNIQUE INDEX cloud_pool_key ON cloud_pool (name, data_center_id);
CREATE INDEX cloud_pool_name_with_slash ON cloud_pool (name) WHERE name LIKE '%/%';
CREATE INDEX cloud_pool_by_data_center ON cloud_pool (data_center_id);
CREATE UNIQUE INDEX operating_system_key ON operating_system (name);
CREATE INDEX operating_system_name_with_slash ON operating_system (name) WHERE name LIKE '%/%';
CREATE UNIQUE INDEX users_key ON users (name);
CREATE INDEX users_name_with_slash ON users (name) WHERE name LIKE '%/%';
CREATE UNIQUE INDEX virtual_machine_key ON virtual_machine (name, cloud_pool_id);
CREATE INDEX virtual_machine_name_with_slash ON virtual_machine (name) WHERE name LIKE '%/%';
CREATE INDEX virtual_machine_by_cloud_pool ON virtual_machine (cloud_pool_id);
CREATE INDEX virtual_machine_by_os ON virtual_machine (os_id);
CREATE INDEX virtual_machine_by_user ON virtual_machine (user_id);
CREATE UNIQUE INDEX storage_device_key ON storage_device (name, cloud_pool_id);
CREATE INDEX storage_device_name_with_slash ON storage_device (name) WHERE name LIKE '%/%';
CREATE INDEX storage_device_by_cloud_pool ON storage_device (cloud_pool_id);
CREATE UNIQUE INDEX disk_key ON disk (name, vm_id);
CREATE INDEX disk_name_with_slash ON disk (name) WHERE name LIKE '%/%';
CREATE INDEX disk_by_vm ON disk (vm_id);
CREATE INDEX disk_by_storage_device ON disk (storage_device_id);
CREATE UNIQUE INDEX partition_key ON partition (name, disk_id);
CREATE INDEX partition_name_with_slash ON partition (name) WHERE name LIKE '%/%';
CREATE INDEX partition_by_disk ON partition (disk_id);
CREATE UNIQUE INDEX ip_address_key ON ip_address (ipv4, coalesce(vlan, ''), coalesce(vm_id, 0));
CREATE UNIQUE INDEX ip_address_key_2 ON ip_address (ipv6, coalesce(vlan, ''), coalesce(vm_id, 0));
CREATE INDEX ip_address_by_vm ON ip_address (vm_id);
CREATE UNIQUE INDEX system_key ON system (name);
CREATE INDEX system_name_with_slash ON system (name) WHERE name LIKE '%/%';
CREATE UNIQUE INDEX system_virtual_machine_key ON system_virtual_machine (system_id, vm_id);
CREATE INDEX system_virtual_machine_by_vm ON system_virtual_machine (vm_id);
CREATE UNIQUE INDEX login_users_key ON login_users (username);
CREATE INDEX login_users_username_with_slash ON login_users (username) WHERE username LIKE '%/%';
CREATE UNIQUE INDEX source_key ON source (name);
CREATE INDEX source_name_with_slash ON source (name) WHERE name LIKE '%/%';
CREATE UNIQUE INDEX source_record_key ON source_record (external_id, source_id);
CREATE UNIQUE INDEX source_record_key_2 ON source_record (noun, record_id, source_id);
CREATE INDEX source_record_by_source ON source_record (source_id, noun);
CREATE UNIQUE INDEX field_owner_key ON field_owner (noun, record_id, field);
CREATE INDEX field_owner_by_source ON field_owner (source_id);
CREATE INDEX field_owner_by_offered_by ON field_owner (offered_by_id);
CREATE UNIQUE INDEX login_session_key ON login_session (secret_hash);
CREATE INDEX login_session_by_login_user ON login_session (login_user_id);
CREATE UNIQUE INDEX login_failure_key ON login_failure (name_hash);
CREATE INDEX change_entry_by_record ON change_entry (noun, first_id);
CREATE INDEX change_entry_by_range ON change_entry (noun, first_id) WHERE last_id > first_id;
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
COMMIT;
PRAGMA application_id=1229870676;
PRAGMA user_version=6;
