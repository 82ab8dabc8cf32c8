-- To version 2: what login users may do, who is signed in, and who gave wrong passwords.
--
-- Tables are made anew rather than altered, so that a file which was brought up has the very text of schema.sql. Ids
-- that were used stay used. Nobody signed in before: the first login user becomes the admin, the others may go on to
-- change the inventory.

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

CREATE VIEW v_login_user AS
SELECT
    t.login_user_id AS id,
    t.username AS path,
    t.username AS username,
    t.role AS role,
    t.email AS email,
    t.created_at AS created
FROM login_users AS t;
