"""psycopg 3. Everything comes from PGHOST, PGPORT, PGUSER, PGPASSWORD and PGDATABASE."""

import datetime
import decimal
import os
import threading
import uuid

import psycopg
from psycopg.types.json import Jsonb

db = psycopg.connect(autocommit=True)


def connect():
    assert db.execute("SELECT current_database()").fetchone()[0] == os.environ["PGDATABASE"]


def values_come_back(binary):
    when = datetime.datetime(2024, 2, 29, 12, 34, 56, 789000, datetime.timezone.utc)
    sent = [9007199254740993, decimal.Decimal("12345.6789"), "Grüße, 世界 🚪", b"\x00\x01\xff", when]
    sent += [[1, 2, 3], uuid.UUID("6f1c1a52-8a1e-4b7e-9a53-0f8d3c2b1a00"), True, None, datetime.date(1999, 12, 31), 1.5]
    types = "int8 numeric text bytea timestamptz int[] uuid bool text date float8".split()
    columns = ", ".join(f"%{'b' if binary else 's'}::{name}" for name in types)
    with db.cursor(binary=binary) as cursor:
        assert list(cursor.execute(f"SELECT {columns}", sent).fetchone()) == sent
        assert cursor.execute("SELECT %s::jsonb", [Jsonb({"k": [1, None]})]).fetchone()[0] == {"k": [1, None]}


def types():
    values_come_back(binary=False)


def binary():
    values_come_back(binary=True)


def prepared():
    for i in range(12):  # psycopg prepares by itself after the fifth time
        assert db.execute("SELECT %s::int * 2", [i]).fetchone()[0] == 2 * i
    assert db.execute("SELECT %s::int * 3", [5], prepare=True).fetchone()[0] == 15


def transaction():
    try:
        with db.transaction():
            db.execute("INSERT INTO kept VALUES (1)")
            raise psycopg.Rollback
    except psycopg.Rollback:
        pass
    with db.transaction():
        db.execute("INSERT INTO kept VALUES (2)")
    assert db.execute("SELECT id FROM kept").fetchall() == [(2,)]


def raises(code, sql, *values):
    try:
        db.execute(sql, *values)
    except psycopg.Error as error:
        assert error.sqlstate == code, f"{error.sqlstate}: {error}"
        return
    raise AssertionError(f"expected SQLSTATE {code}, got a result")


def errors():
    raises("42601", "SELEC 1")
    db.execute("BEGIN")
    raises("23505", "INSERT INTO kept VALUES (%s)", [2])
    raises("25P02", "SELECT 1")
    db.execute("ROLLBACK")
    db.execute("SELECT 1")


def copy():
    rows = [(i, f"word {i}") for i in range(5000)]
    with db.cursor() as cursor:
        with cursor.copy("COPY copied FROM STDIN (FORMAT binary)") as into:
            into.set_types(["int4", "text"])
            for row in rows:
                into.write_row(row)
        with cursor.copy("COPY (SELECT * FROM copied ORDER BY id) TO STDOUT") as out:
            out.set_types(["int4", "text"])
            assert list(out.rows()) == rows


def large():
    rows = db.execute("SELECT i, repeat('x', 200) FROM generate_series(1, 100000) i").fetchall()
    assert len(rows) == 100000 and rows[-1][0] == 100000


def cursor():
    with db.transaction(), db.cursor("portal") as portal:
        portal.itersize = 100
        assert sum(1 for _ in portal.execute("SELECT generate_series(1, 250)")) == 250


def pipeline():
    with db.pipeline():
        cursors = [db.execute("SELECT %s::int", [i]) for i in range(50)]
    assert [one.fetchone()[0] for one in cursors] == list(range(50))
    try:
        with db.pipeline(), db.transaction():
            db.execute("INSERT INTO kept VALUES (3)")
            db.execute("INSERT INTO kept VALUES (2)")
    except psycopg.errors.UniqueViolation:
        pass
    assert db.execute("SELECT id FROM kept").fetchall() == [(2,)]


def cancel():
    timer = threading.Timer(0.3, db.cancel_safe)
    timer.start()
    raises("57014", "SELECT pg_sleep(20)")
    timer.join()


def notify():
    db.execute("LISTEN bell")
    db.execute("NOTIFY bell, 'ding'")
    assert [note.payload for note in db.notifies(timeout=5, stop_after=1)] == ["ding"]


failed = 0
for check in [connect, types, prepared, binary, transaction, errors, copy, large, cursor, pipeline, cancel, notify]:
    try:
        check()
        print(f"ok {check.__name__}", flush=True)
    except Exception as error:
        failed += 1
        print(f"failed {check.__name__}: {str(error).splitlines()[0] if str(error) else repr(error)}", flush=True)
raise SystemExit(min(failed, 1))
