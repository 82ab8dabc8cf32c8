"""What an RVTools export says, read by openpyxl and not by inv: the expectations of tests/rvtools.rs.

usage: python3 tests/data/expected.py examples/SizingWorkshop-RVTools.xlsx > tests/data/sizing-workshop.csv

One row a VM that is no template: what inv must say of it. Partitions are NAME=MIB, sorted, joined by '|'.
"""
import csv
import sys

import openpyxl


def rows(book, tab):
    if tab not in book.sheetnames:
        return []
    lines = book[tab].iter_rows(values_only=True)
    header = [str(cell).strip() for cell in next(lines)]
    return [dict(zip(header, line)) for line in lines if any(cell is not None for cell in line)]


book = openpyxl.load_workbook(sys.argv[1])
size = lambda row: row.get("Capacity MB", row.get("Capacity MiB"))
partitions, addresses = {}, {}
for row in rows(book, "vPartition"):
    partitions.setdefault(row["VM"], []).append(f"{row['Disk']}={size(row)}")
for row in rows(book, "vNetwork"):
    if row["IPv4 Address"]:
        addresses.setdefault(row["VM"], []).append(row["IPv4 Address"])
out = csv.writer(sys.stdout, lineterminator="\n")
out.writerow(["name", "dc", "pool", "status", "cpu", "memory_mib", "os", "ips", "partitions"])
for row in rows(book, "vInfo"):
    if str(row.get("Template")) == "True" or row["VM"].startswith("vCLS"):
        continue
    system = row.get("OS according to the VMware Tools") or row.get("OS according to the configuration file") or ""
    out.writerow([
        row["VM"], row["Datacenter"], row["Cluster"], {"poweredOn": "running", "poweredOff": "stopped"}[row["Powerstate"]],
        row["CPUs"], row["Memory"], system, "|".join(addresses.get(row["VM"], [])),
        "|".join(sorted(partitions.get(row["VM"], []))),
    ])
