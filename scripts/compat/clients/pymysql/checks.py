"""PyMySQL. Everything comes from DB_HOST, DB_PORT, DB_USER, DB_PASSWORD, DB_NAME and DB_CA."""

import datetime
import decimal
import os
import threading
import time

import pymysql
from pymysql.constants import CLIENT

NAME, ROUTE = os.environ["DB_NAME"], os.environ["DB_ROUTE"]


def opened(**more):
    return pymysql.connect(
        host=os.environ["DB_HOST"],
        port=int(os.environ["DB_PORT"]),
        user=os.environ["DB_USER"],
        password=os.environ["DB_PASSWORD"],
        database=NAME,
        ssl={"ca": os.environ["DB_CA"]},
        client_flag=CLIENT.MULTI_STATEMENTS,
        autocommit=True,
        max_allowed_packet=1 << 26,
        **more,
    )


db = opened()


def ask(sql, *values):
    with db.cursor() as cursor:
        cursor.execute(sql, values or None)
        return cursor.fetchall()


def connect():
    assert ask("SELECT DATABASE()") == ((NAME,),)


def types():
    sent = (9007199254740993, decimal.Decimal("-12345.678"), 1.5, datetime.datetime(2024, 2, 29, 12, 34, 56, 789000), True)
    sql = "SELECT %s, CAST(%s AS DECIMAL(10,3)), %s + 0e0, CAST(%s AS DATETIME(3)), %s"
    assert ask(sql, *sent) == (sent,)
    sql = "SELECT X'0001ff', CAST('2024-02-29' AS DATE), CAST('-12:34:56' AS TIME), HEX(%s)"
    minus = -datetime.timedelta(hours=12, minutes=34, seconds=56)
    assert ask(sql, b"\x00\x01\xff") == ((b"\x00\x01\xff", datetime.date(2024, 2, 29), minus, "0001FF"),)


# PyMySQL has no COM_STMT_PREPARE: prepared in SQL.
def prepared():
    ask("PREPARE twice FROM 'SELECT ? * 2'")
    for i in range(12):
        ask("SET @n = %s", i)
        assert int(ask("EXECUTE twice USING @n")[0][0]) == 2 * i
    ask("DEALLOCATE PREPARE twice")


def unicode():
    word = "Grüße, 世界 🚪"
    with db.cursor(pymysql.cursors.DictCursor) as cursor:
        cursor.execute("SELECT %s AS `ключ`", (word,))
        assert cursor.fetchall() == [{"ключ": word}]


def nulls():
    assert ask("SELECT NULL, '', %s", None) == ((None, "", None),)


def big_values():
    body = "x" * (17 << 20)
    ask("INSERT INTO big VALUES (%s)", body)
    assert ask("SELECT body FROM big")[0][0] == body


def many_rows():
    with db.cursor(pymysql.cursors.SSCursor) as cursor:
        cursor.execute("SELECT n, repeat('x', 200) FROM numbers")
        assert sum(1 for _ in cursor) == 100_000


def transaction():
    db.begin()
    ask("INSERT INTO kept VALUES (1)")
    db.rollback()
    db.begin()
    ask("INSERT INTO kept VALUES (2)")
    db.commit()
    assert ask("SELECT id FROM kept") == ((2,),)


def many():
    with db.cursor() as cursor:
        assert cursor.executemany("INSERT INTO loose VALUES (%s, %s)", [(i, f"word {i}") for i in range(500)]) == 500


def results():
    with db.cursor() as cursor:
        cursor.execute("SELECT 1; DO 0; SELECT 2")
        seen = [cursor.fetchall()]
        while cursor.nextset():
            seen.append(cursor.fetchall())
    assert [list(rows) for rows in seen] == [[(1,)], [], [(2,)]]


def call():
    with db.cursor() as cursor:
        cursor.callproc("two")
        first = cursor.fetchall()
        assert cursor.nextset()
        assert (first, cursor.fetchall()) == (((1,),), ((2,),))


def raises(code, sql, *values):
    try:
        ask(sql, *values)
    except pymysql.Error as error:
        assert error.args[0] == code, str(error)
        return
    raise AssertionError(f"expected error {code}, got a result")


def errors():
    raises(1064, "SELEC 1")
    db.begin()
    ask("INSERT INTO kept VALUES (3)")
    raises(1062, "INSERT INTO kept VALUES (%s)", 2)
    db.rollback()
    assert ask("SELECT COUNT(*) FROM kept") == ((1,),)


def denied():
    db.begin()
    ask("INSERT INTO kept VALUES (4)")
    raises(1227, "DELETE FROM forbidden WHERE id = 1")
    db.commit()
    assert ask("SELECT id FROM kept WHERE id = 4") == ((4,),)


def held():
    with db.cursor() as cursor:
        assert cursor.execute("INSERT INTO guarded VALUES (1)") == 1


def held_too_long():
    hurried = opened(read_timeout=1)
    try:
        hurried.query("INSERT INTO ignored VALUES (1)")
        raise AssertionError("an answer came")
    except pymysql.err.OperationalError as error:
        assert error.args[0] == 2013, error
    assert ask("SELECT COUNT(*) FROM ignored") == ((0,),)


def masked():
    assert ask("SELECT * FROM protected") == ((1, "[redacted]", None),)


def cancel():
    other = opened()
    id = db.thread_id()

    def stop():
        time.sleep(0.3)
        other.query(f"KILL QUERY {id}")

    thread = threading.Thread(target=stop)
    thread.start()
    try:
        assert ask("SELECT SLEEP(20)") == ((1,),)
    except pymysql.Error as error:
        assert error.args[0] == 1317, str(error)
    thread.join()
    other.close()
    assert ask("SELECT 1") == ((1,),)


def ping():
    db.ping(reconnect=False)
    db.close()


CHECKS = [connect, types, prepared, unicode, nulls, big_values, many_rows, transaction, many, results, call, errors]
CHECKS += [denied, held, held_too_long] if ROUTE != "direct" else []
CHECKS += [masked] if ROUTE == "masked" else []
failed = 0
for check in [*CHECKS, cancel, ping]:
    name = check.__name__.replace("_", " ")
    try:
        check()
        print("ok", name, flush=True)
    except Exception as error:
        failed = 1
        print(f"failed {name}: {type(error).__name__} {str(error)[:200]!r}", flush=True)
raise SystemExit(failed)
