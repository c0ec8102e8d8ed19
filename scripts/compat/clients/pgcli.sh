#!/bin/sh
# pgcli, without a terminal: its completion queries run against the catalogue as they always do.
# Everything comes from PGHOST, PGPORT, PGUSER, PGPASSWORD and PGDATABASE.
set -u
status=0
export PAGER=cat HOME="${TMPDIR:-/tmp}"

# verdict CHECK WANT SQL: the output must contain WANT.
verdict() {
  got=$(printf '%s\n\\q\n' "$3" | timeout 60 "$PGCLI" --less-chatty 2>&1)
  case $got in
    *"$2"*) echo "ok $1" ;;
    *) status=1 && echo "failed $1: $(printf '%s' "$got" | tr '\n' ' ' | tail -c 300)" ;;
  esac
}

verdict connect "$PGDATABASE" 'SELECT current_database();'
verdict types 'Grüße, 世界' "SELECT 9007199254740993::int8, 'Grüße, 世界 🚪', '{1,2}'::int[], NULL, true, now();"
verdict transaction '| 2 ' 'INSERT INTO kept VALUES (1); BEGIN; UPDATE kept SET id = 2; COMMIT; SELECT id FROM kept;'
verdict errors 'syntax error' 'SELEC 1;'
verdict describe 'pg_database' '\d pg_catalog.pg_database'
exit $status
