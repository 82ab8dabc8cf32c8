"""The SQL of the yardsticks: what a user of the sqlite3 shell would ask, with the same cells as the answer of inv."""

# Every VM with what it refers to.
JOINED = ("FROM virtual_machine v JOIN cloud_pool p USING (cloud_pool_id) JOIN data_center d USING (data_center_id) "
          "JOIN cloud_provider c USING (provider_id) LEFT JOIN operating_system o USING (os_id) "
          "LEFT JOIN users u USING (user_id) LEFT JOIN unit m ON m.unit_id = v.memory_unit_id")
LISTED = ("v.name AS name, p.name AS pool, d.name AS dc, c.name AS provider, o.name AS os, u.name AS owner, "
          "v.memory || ' ' || m.name AS memory, v.cpu AS cpu, v.status AS status, v.created_at AS created")
COLUMNS = "name,pool,dc,provider,os,owner,memory,cpu,status,created"
FLAT_LIST = f"SELECT {LISTED} {JOINED} ORDER BY v.vm_id"
SORTED_LIST = f"SELECT {LISTED} {JOINED} ORDER BY v.memory * m.bytes DESC, v.vm_id LIMIT 50"

# A path to the pool of a VM `v`.
UPWARDS = ("JOIN cloud_pool p ON p.cloud_pool_id = v.cloud_pool_id JOIN data_center d USING (data_center_id) "
           "JOIN cloud_provider c USING (provider_id)")
POOL = "c.name || '/' || d.name || '/' || p.name"
VM = f"{POOL} || '/' || v.name"
# Records in JSON have their id and path, and whole paths of what they refer to.
FLAT_LIST_JSON = (FLAT_LIST.replace("AS memory,", "AS memory, CAST(v.memory * m.bytes AS INTEGER) AS memory_bytes,")
                  .replace("SELECT ", f"SELECT v.vm_id AS id, {VM} AS path, ", 1)
                  .replace("p.name AS pool, d.name AS dc", f"{POOL} AS pool, c.name || '/' || d.name AS dc"))

# The shortest exact text of a number of bytes (docs/decisions/0015-sums-in-their-shortest-exact-unit.md): one row for
# each number that `amounts` has, materialized so that it costs the yardstick next to nothing.
TEXTS = """scales (name, scale, place) AS (VALUES ('PiB', 1 << 50, 1), ('TiB', 1 << 40, 2), ('GiB', 1 << 30, 3),
    ('MiB', 1 << 20, 4), ('KiB', 1 << 10, 5), ('PB', 1000000000000000, 6), ('TB', 1000000000000, 7),
    ('GB', 1000000000, 8), ('MB', 1000000, 9), ('kB', 1000, 10)),
exact (bytes, amount, name, place) AS MATERIALIZED (SELECT bytes,
    rtrim(rtrim(printf('%d.%03d', abs(bytes) / scale, abs(bytes) % scale * 1000 / scale), '0'), '.'), name, place
    FROM (SELECT DISTINCT bytes FROM amounts) JOIN scales ON abs(bytes) >= scale
    WHERE abs(bytes) % scale * 1000 % scale = 0),
texts (bytes, text) AS MATERIALIZED (SELECT bytes, coalesce((SELECT iif(e.bytes < 0, '-', '') || amount || ' ' || name
    FROM exact e WHERE e.bytes = a.bytes ORDER BY length(amount), place LIMIT 1), bytes || ' B')
    FROM (SELECT DISTINCT bytes FROM amounts WHERE bytes IS NOT NULL) a)"""
DEFAULT_LIST = f"""WITH sums AS MATERIALIZED (
    SELECT vm_id, CAST(sum(size * bytes) AS INTEGER) AS bytes FROM disk JOIN unit USING (unit_id) GROUP BY vm_id),
addresses AS MATERIALIZED (
    SELECT vm_id, group_concat(coalesce(ipv4, ipv6), ';') AS ips
    FROM (SELECT * FROM ip_address ORDER BY vm_id, ip_address_id) GROUP BY vm_id),
amounts AS MATERIALIZED (SELECT DISTINCT bytes FROM sums), {TEXTS}
SELECT v.name AS name, p.name AS pool, v.status AS status, v.cpu AS cpu, v.memory || ' ' || m.name AS memory,
    t.text AS disk, o.name AS os, a.ips AS ips, u.name AS owner
FROM virtual_machine v JOIN cloud_pool p USING (cloud_pool_id) LEFT JOIN operating_system o USING (os_id)
LEFT JOIN users u USING (user_id) LEFT JOIN unit m ON m.unit_id = v.memory_unit_id LEFT JOIN sums s USING (vm_id)
LEFT JOIN texts t ON t.bytes = s.bytes LEFT JOIN addresses a USING (vm_id) ORDER BY v.vm_id"""
POOL_LIST = f"""WITH machines AS MATERIALIZED (
    SELECT cloud_pool_id, count(*) AS vms, sum(iif(status <> 'retired', cpu, 0)) AS cpu,
        CAST(sum(iif(status <> 'retired', memory * bytes, 0)) AS INTEGER) AS memory
    FROM virtual_machine v LEFT JOIN unit m ON m.unit_id = v.memory_unit_id GROUP BY cloud_pool_id),
disks AS MATERIALIZED (
    SELECT cloud_pool_id, CAST(sum(size * bytes) AS INTEGER) AS disk FROM disk JOIN virtual_machine v USING (vm_id)
    JOIN unit USING (unit_id) WHERE status <> 'retired' GROUP BY cloud_pool_id),
pools AS MATERIALIZED (
    SELECT p.cloud_pool_id, p.name, d.name AS dc, ifnull(vms, 0) AS vms, total_cpu AS cpu,
        rtrim(rtrim(printf('%.4f', round(1.0 * ifnull(s.cpu, 0) / total_cpu, 4)), '0'), '.') AS cpu_ratio,
        total_memory || ' ' || m.name AS memory,
        CAST(total_memory * m.bytes AS INTEGER) - ifnull(s.memory, 0) AS memory_free,
        total_disk_capacity || ' ' || n.name AS disk,
        CAST(total_disk_capacity * n.bytes AS INTEGER) - ifnull(k.disk, 0) AS disk_free
    FROM cloud_pool p JOIN data_center d USING (data_center_id) LEFT JOIN unit m ON m.unit_id = total_memory_unit_id
    LEFT JOIN unit n ON n.unit_id = total_disk_unit_id LEFT JOIN machines s USING (cloud_pool_id)
    LEFT JOIN disks k USING (cloud_pool_id)),
amounts AS MATERIALIZED (SELECT memory_free AS bytes FROM pools UNION SELECT disk_free FROM pools), {TEXTS}
SELECT name, dc, vms, cpu, cpu_ratio, memory, t.text, disk, k.text FROM pools
LEFT JOIN texts t ON t.bytes = memory_free LEFT JOIN texts k ON k.bytes = disk_free ORDER BY cloud_pool_id"""
USER_LIST = ("SELECT u.name, u.email, count(v.vm_id) FROM users u LEFT JOIN virtual_machine v USING (user_id) "
             "GROUP BY u.user_id ORDER BY u.user_id")

STAGING = 'CREATE TEMP TABLE staging (name, pool, type, status, memory, cpu, os, "custom-os", owner, created, updated)'
STAGED = f"""INSERT INTO virtual_machine (name, instance_type, status, memory, memory_unit_id, cpu, created_at,
    updated_at, cloud_pool_id, os_id, custom_os, user_id)
SELECT s.name, nullif(s.type, ''), s.status, nullif(substr(s.memory, 1, instr(s.memory, ' ') - 1), ''), m.unit_id,
    nullif(s.cpu, ''), s.created, s.updated, p.cloud_pool_id, o.os_id, nullif(s."custom-os", ''), u.user_id
FROM staging s
JOIN (SELECT cloud_pool_id, {POOL} AS path FROM cloud_pool p JOIN data_center d USING (data_center_id)
      JOIN cloud_provider c USING (provider_id)) p ON p.path = s.pool
LEFT JOIN operating_system o ON o.name = s.os LEFT JOIN users u ON u.name = s.owner
LEFT JOIN unit m ON m.name = substr(s.memory, instr(s.memory, ' ') + 1);"""
EXPORTED = [
    f"SELECT v.name, {POOL}, v.instance_type, v.status, v.memory || ' ' || m.name, v.cpu, o.name, v.custom_os, u.name, "
    f"v.created_at, v.updated_at {JOINED} ORDER BY {VM}",
    f"SELECT k.name, {VM}, {POOL} || '/' || s.name, k.size || ' ' || m.name FROM disk k JOIN virtual_machine v "
    f"USING (vm_id) {UPWARDS} LEFT JOIN storage_device s USING (storage_device_id) LEFT JOIN unit m USING (unit_id) "
    f"ORDER BY {VM}, k.name",
    f"SELECT i.ipv4, i.ipv6, {VM}, i.vlan FROM ip_address i JOIN virtual_machine v USING (vm_id) {UPWARDS} "
    "ORDER BY i.ipv4, i.ipv6",
]
SUMS = ("SELECT p.name, d.name, c.name, count(*), sum(v.cpu), sum(v.memory * m.bytes) FROM virtual_machine v "
        f"{UPWARDS} LEFT JOIN unit m ON m.unit_id = v.memory_unit_id WHERE v.status <> 'retired' "
        "GROUP BY v.cloud_pool_id")
DISK_SUMS = ("SELECT v.cloud_pool_id, sum(k.size * m.bytes) FROM disk k JOIN virtual_machine v USING (vm_id) "
             "JOIN unit m USING (unit_id) WHERE v.status <> 'retired' GROUP BY v.cloud_pool_id")
# A search for `{0}` in the same columns as `inv find`.
FOUND = [f"SELECT {VM}, v.name {JOINED} WHERE v.name LIKE '%{{0}}%' OR v.instance_type LIKE '%{{0}}%' OR "
         "v.custom_os LIKE '%{0}%'"]
FOUND += [f"SELECT {column} FROM {table} WHERE {column} LIKE '%{{0}}%'" for table, column in
          [("users", "name"), ("users", "email"), ("cloud_pool", "name"), ("operating_system", "name"),
           ("disk", "name"), ("ip_address", "ipv4"), ("ip_address", "ipv6"), ("ip_address", "vlan"),
           ("data_center", "name"), ("storage_device", "name")]]


def of_pool(path: str) -> str:
    """The condition that picks the VMs of a pool."""
    provider, center, pool = path.split("/")
    return f"p.name = '{pool}' AND d.name = '{center}' AND c.name = '{provider}'"


def inserted(name: str, pool: str) -> str:
    """The INSERT of one VM."""
    return ("BEGIN IMMEDIATE; INSERT INTO virtual_machine (name, status, cpu, created_at, updated_at, cloud_pool_id) "
            f"SELECT '{name}', 'unknown', '2', '2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z', cloud_pool_id FROM "
            "cloud_pool p JOIN data_center d USING (data_center_id) JOIN cloud_provider c USING (provider_id) "
            f"WHERE {of_pool(pool)}; COMMIT;")
