#!/bin/sh
# psql. Everything comes from PGHOST, PGPORT, PGUSER, PGPASSWORD and PGDATABASE.
set -u
status=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
ask() { timeout 60 psql -X -q -A -t -v ON_ERROR_STOP=1 "$@" 2>&1; }

# verdict CHECK GOT WANT
verdict() {
  if [ "$2" = "$3" ]; then
    echo "ok $1"
  else
    status=1
    echo "failed $1: got $(printf '%s' "$2" | tr '\n' ' ' | cut -c1-200)"
  fi
}

verdict connect "$(ask -c 'SELECT current_database()')" "$PGDATABASE"
verdict types "$(ask -c "SELECT 9007199254740993::int8, 'Grüße, 世界 🚪', '\\x0001ff'::bytea, '{1,2}'::int[], NULL, true")" \
  '9007199254740993|Grüße, 世界 🚪|\x0001ff|{1,2}||t'
verdict prepared "$(ask <<'SQL'
PREPARE twice(int) AS SELECT $1 * 2;
EXECUTE twice(1); EXECUTE twice(2); EXECUTE twice(3); EXECUTE twice(4); EXECUTE twice(5); EXECUTE twice(6);
SQL
)" "$(printf '2\n4\n6\n8\n10\n12')"
verdict transaction "$(ask <<'SQL'
BEGIN; INSERT INTO kept VALUES (1); ROLLBACK;
BEGIN; INSERT INTO kept VALUES (2); COMMIT;
SELECT id FROM kept;
SQL
)" 2
verdict errors "$(ask -v ON_ERROR_STOP=0 -v VERBOSITY=sqlstate <<'SQL'
SELEC 1;
BEGIN; INSERT INTO kept VALUES (2), (2); SELECT 1; ROLLBACK;
SELECT 1;
SQL
)" "$(printf 'ERROR:  42601\nERROR:  23505\nERROR:  25P02\n1')"
seq 1 5000 | sed 's/.*/&\tword &/' >"$work/in"
ask -c "\\copy copied FROM '$work/in'" \
  -c "\\copy (SELECT * FROM copied ORDER BY id) TO '$work/out'" >"$work/said"
cat "$work/out" >>"$work/said" 2>&1
verdict copy "$(cat "$work/said")" "$(cat "$work/in")"
verdict large "$(ask -c "SELECT repeat('x', 200) FROM generate_series(1, 100000)" | wc -lc | tr -s ' ')" ' 100000 20100000'
verdict cursor "$(ask -v FETCH_COUNT=100 -c 'SELECT generate_series(1, 250)' | wc -l | tr -d ' ')" 250
verdict describe "$(ask -c '\d copied' | cut -d'|' -f1-2 | head -n 2)" \
  "$(printf 'id|integer\nword|text')"
# timeout may signal psql twice: once itself, once as one of the group.
timeout --signal=INT 1 psql -X -q -c 'SELECT pg_sleep(20)' 2>"$work/cancelled"
verdict cancel "$(uniq "$work/cancelled")" "$(printf 'Cancel request sent\nERROR:  canceling statement due to user request')"
verdict notify "$(ask -c 'LISTEN bell' -c "NOTIFY bell, 'ding'" | sed 's/ received from.*//')" \
  'Asynchronous notification "bell" with payload "ding"'
exit $status
