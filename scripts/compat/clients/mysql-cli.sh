#!/bin/sh
# The client of MySQL or of MariaDB, named by CLIENT, by options and at a terminal.
# Everything comes from DB_HOST, DB_PORT, DB_USER, DB_PASSWORD, DB_NAME and DB_CA.
set -u
status=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export MYSQL_PWD="$DB_PASSWORD"
case $("$CLIENT" --version) in
*MariaDB*) trust=--ssl-verify-server-cert ;;
*) trust=--ssl-mode=VERIFY_IDENTITY ;;
esac
client="$CLIENT --no-defaults --host=$DB_HOST --port=$DB_PORT --user=$DB_USER --ssl-ca=$DB_CA $trust --default-character-set=utf8mb4 $DB_NAME"
ask() { timeout 60 $client -N -B "$@" 2>&1; }

# verdict CHECK GOT WANT
verdict() {
  if [ "$2" = "$3" ]; then
    echo "ok $1"
  else
    status=1
    echo "failed $1: got $(printf '%s' "$2" | tr '\n' ' ' | cut -c1-300)"
  fi
}

# seen CHECK TEXT...: whether the terminal showed them all
seen() {
  check=$1
  shift
  for text; do
    grep -qF -- "$text" "$work/screen" && continue
    status=1
    echo "failed $check: the terminal shows no '$text': $(tr -cd '[:print:]' <"$work/screen" | tail -c 300)"
    return
  done
  echo "ok $check"
}

verdict connect "$(ask -e 'SELECT DATABASE()')" "$DB_NAME"
verdict types "$(ask -e "SELECT 9007199254740993, -12345.678, HEX(X'0001ff'), 1.5e0, CAST('2024-02-29 12:34:56.789' AS DATETIME(3)), NULL, ''")" \
  "$(printf '9007199254740993\t-12345.678\t0001FF\t1.5\t2024-02-29 12:34:56.789\tNULL\t')"
verdict unicode "$(timeout 60 $client -B -e 'SELECT "Grüße, 世界 🚪" AS `ключ`' 2>&1)" "$(printf 'ключ\nGrüße, 世界 🚪')"
verdict prepared "$(ask <<'SQL'
PREPARE twice FROM 'SELECT ? * 2';
SET @n = 1; EXECUTE twice USING @n; SET @n = 2; EXECUTE twice USING @n; SET @n = 3; EXECUTE twice USING @n;
DEALLOCATE PREPARE twice;
SQL
)" "$(printf '2\n4\n6')"
verdict transaction "$(ask <<'SQL'
START TRANSACTION; INSERT INTO kept VALUES (1); ROLLBACK;
START TRANSACTION; INSERT INTO kept VALUES (2); COMMIT;
SELECT id FROM kept;
SQL
)" 2
verdict results "$(ask --delimiter='//' -e 'SELECT 1; DO 0; SELECT 2')" "$(printf '1\n2')"
verdict call "$(ask -e 'CALL two()')" "$(printf '1\n2')"
# After an error the client leaves the rest of the line out.
verdict errors "$(ask --force <<'SQL' | sed -n 's/ at line.*//; /^ERROR/p; /^[0-9]/p'
SELEC 1;
START TRANSACTION; INSERT INTO kept VALUES (3); INSERT INTO kept VALUES (2);
ROLLBACK; SELECT COUNT(*) FROM kept;
SQL
)" "$(printf 'ERROR 1064 (42000)\nERROR 1062 (23000)\n1')"
verdict 'big values' "$(ask -e "INSERT INTO big VALUES (REPEAT('x', 15000000)); SELECT body FROM big" | tr -d '\n' | wc -c)" 15000000
verdict 'many rows' "$(ask --quick -e "SELECT n, repeat('x', 200) FROM numbers" | wc -l)" 100000
verdict use "$(ask -e 'use mysql; SELECT DATABASE(); use shop; SELECT DATABASE()')" "$(printf 'mysql\nshop')"
if [ "$DB_ROUTE" != direct ]; then
  verdict denied "$(ask --force <<'SQL' | sed -n 's/ at line.*//; /^ERROR/p; /^[0-9]/p'
START TRANSACTION; INSERT INTO kept VALUES (4); DELETE FROM forbidden WHERE id = 1;
COMMIT; SELECT id FROM kept WHERE id = 4;
SQL
)" "$(printf 'ERROR 1227 (42000)\n4')"
  verdict held "$(ask -e 'INSERT INTO guarded VALUES (1); SELECT COUNT(*) FROM guarded')" 1
fi
[ "$DB_ROUTE" != masked ] || verdict masked "$(ask -e 'SELECT * FROM protected')" "$(printf '1\t[redacted]\tNULL')"

# At a terminal the client reads all tables and columns first. Ctrl-C stops the query that runs there, and no other one.
ask -e 'SELECT SLEEP(4)' >"$work/other" &
other=$!
{
  sleep 1
  printf 'SELECT CONCAT("re", "ady") AS a; SELECT SLEEP(20) + 40 AS woken;\r'
  sleep 2
  printf '\003'
  sleep 1
  printf 'SELECT 6 * 7 AS still;\rstatus\rSHOW TABLES LIKE "kep%%";\rexit\r'
  sleep 2
} | TERM=dumb timeout 60 script -qec "$client" /dev/null >"$work/screen" 2>&1
seen terminal ready 42 kept Uptime
if grep -q '| *40 |' "$work/screen"; then verdict cancel 'the query ran to its end' ''; else seen cancel 42; fi
wait $other
verdict 'others run on' "$(cat "$work/other")" 0
exit $status
