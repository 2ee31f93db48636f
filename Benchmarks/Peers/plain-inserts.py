#!/usr/bin/env python3
"""What a rebuild is measured beside: the same events into the tables of the read models, one row an event, through SQLite as anyone
would use it.

    Benchmarks/Peers/plain-inserts.py DAYBOOK DATA [ROUNDS]

Reads all events of a data directory with `daybook events`, makes one statement of each, and then, by turns, times these statements (one
thread, an empty file, a write-ahead log, nothing waits for the disk, transactions of ten thousand) and `daybook rebuild`, which makes
all that is shown of the same events. Reading and parsing are not counted here, and are in the rebuild.
"""

import json
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

SCHEMA = """
CREATE TABLE product (sku TEXT PRIMARY KEY, name TEXT, kind TEXT, price TEXT, currency TEXT) WITHOUT ROWID;
CREATE TABLE balance (sku TEXT, location TEXT, available INTEGER, reserved INTEGER, PRIMARY KEY (sku, location)) WITHOUT ROWID;
CREATE TABLE cart (id TEXT PRIMARY KEY, ordered_as TEXT) WITHOUT ROWID;
CREATE TABLE cart_line (cart TEXT, line INTEGER, code TEXT, quantity INTEGER, price TEXT, currency TEXT, PRIMARY KEY (cart, line)) WITHOUT ROWID;
CREATE TABLE placed (id TEXT PRIMARY KEY, placed_at TEXT, number INTEGER, reference TEXT, customer TEXT, document TEXT) WITHOUT ROWID;
CREATE INDEX placed_time ON placed (placed_at);
CREATE TABLE progress (id TEXT, version INTEGER, type TEXT, at TEXT, PRIMARY KEY (id, version)) WITHOUT ROWID;
CREATE TABLE document (id TEXT PRIMARY KEY, at TEXT, document TEXT) WITHOUT ROWID;
"""
STOCK = """INSERT INTO balance VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET
    available = available + excluded.available, reserved = reserved + excluded.reserved"""
# What an event does to the pieces that are available and to those that are reserved.
SIGNS = {"received": (1, 0), "adjusted": (1, 0), "reserved": (-1, 1), "released": (1, -1), "shipped": (0, -1), "taken-back": (1, 0)}


def statement(event):
    """One row for one event; None for those that no table has."""
    category, name = event["type"].split(".")
    key, data = event["stream"].split("-", 1)[1], event["data"]
    if event["type"] == "product.registered":
        price = data.get("price") or {}
        return "INSERT INTO product VALUES (?, ?, ?, ?, ?)", (key, data["name"], data["kind"], price.get("amount"), price.get("currency"))
    if event["type"] == "product.price-changed":
        return "UPDATE product SET price = ?, currency = ? WHERE sku = ?", (data["price"]["amount"], data["price"]["currency"], key)
    if category == "stock":
        place = (data.get("allocations") or [data])[0]
        pieces = place.get("quantity", place.get("delta"))
        available, reserved = SIGNS[name]
        return STOCK, (key, place["location"], available * pieces, reserved * pieces)
    if event["type"] in ("cart.line-added", "cart.charge-added"):
        price = data["unitPrice"]
        code = data.get("sku") or data["code"]
        return "INSERT INTO cart_line VALUES (?, ?, ?, ?, ?, ?)", (key, event["version"], code, data["quantity"], price["amount"], price["currency"])
    if event["type"] == "cart.ordered":
        return "INSERT INTO cart VALUES (?, ?)", (key, data["order"])
    if event["type"] == "order.placed":
        row = (key, event["effectiveAt"], int(data["number"]), data["reference"], data["customer"], json.dumps(data))
        return "INSERT INTO placed VALUES (?, ?, ?, ?, ?, ?)", row
    if category == "order":
        return "INSERT INTO progress VALUES (?, ?, ?, ?)", (key, event["version"], event["type"], event["effectiveAt"])
    if category == "document":
        return "INSERT INTO document VALUES (?, ?, ?)", (key, event["effectiveAt"], json.dumps(data))
    return None


def plain_inserts(statements, directory):
    database = sqlite3.connect(os.path.join(directory, "plain.sqlite"), isolation_level=None)
    database.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA cache_size = -65536;" + SCHEMA)
    begin = time.monotonic()
    cursor = database.cursor()
    for start in range(0, len(statements), 10_000):
        cursor.execute("BEGIN")
        for sql, row in statements[start : start + 10_000]:
            cursor.execute(sql, row)
        cursor.execute("COMMIT")
    database.close()
    return time.monotonic() - begin


def main():
    daybook, data = sys.argv[1:3]
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 3
    statements, count = [], 0
    with subprocess.Popen([daybook, "events", "--data", data], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as events:
        for line in events.stdout:
            count += 1
            if (made := statement(json.loads(line))) is not None:
                statements.append(made)
    print(f"{count:,} events, {len(statements):,} of which are a row")
    times = {"plain inserts": [], "daybook rebuild": []}
    for _ in range(rounds):
        with tempfile.TemporaryDirectory(dir=data) as directory:
            times["plain inserts"].append(plain_inserts(statements, directory))
        begin = time.monotonic()
        subprocess.run([daybook, "rebuild", "--data", data], check=True, capture_output=True)
        times["daybook rebuild"].append(time.monotonic() - begin)
    for name, taken in times.items():
        rates = [count / seconds for seconds in taken]
        print(f"{name:16} {statistics.median(rates):>9,.0f} log events/s [{min(rates):,.0f}, {max(rates):,.0f}]")


main()
