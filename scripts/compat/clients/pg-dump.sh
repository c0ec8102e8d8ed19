#!/bin/sh
# pg_dump and pg_restore. Everything comes from PGHOST, PGPORT, PGUSER, PGPASSWORD and PGDATABASE.
# DIRECT is a connection string that goes round the gateway: what both ways bring must be equal.
# The database `source` is made by the runner.
set -u
status=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

verdict() {
  if [ "$2" -eq 0 ]; then
    echo "ok $1"
  else
    status=1
    echo "failed $1: $(head -n 1 "$work/said")"
  fi
}

# Newer dumps carry a random word in \restrict lines.
dump() { timeout 120 pg_dump "$@" 2>"$work/said" | sed '/^\\\(un\)\{0,1\}restrict /d'; }
equal() { cmp "$1" "$2" >>"$work/said" 2>&1 && [ -s "$1" ]; }

psql -X -q -d "$DIRECT/postgres" -c 'DROP DATABASE IF EXISTS copy WITH (FORCE)' -c 'CREATE DATABASE copy' 2>&1

dump -d "$DIRECT/source" >"$work/direct.sql"
dump -d source >"$work/through.sql"
equal "$work/direct.sql" "$work/through.sql"
verdict dump $?

timeout 120 pg_dump -Fc -d source -f "$work/custom" 2>"$work/said" &&
  timeout 120 pg_restore --clean --if-exists --exit-on-error -d copy "$work/custom" 2>>"$work/said"
verdict restore $?
dump -d "$DIRECT/copy" >"$work/copy.sql"
equal "$work/direct.sql" "$work/copy.sql"
verdict same $?

timeout 120 pg_dump -Fd -j 2 -d source -f "$work/folder" 2>"$work/said" &&
  timeout 120 pg_restore -j 2 --clean --if-exists --exit-on-error -d copy "$work/folder" 2>>"$work/said"
verdict parallel $?

timeout 120 psql -X -q -v ON_ERROR_STOP=1 -d copy -c 'DROP SCHEMA public CASCADE' -c 'CREATE SCHEMA public' -f "$work/through.sql" >/dev/null 2>"$work/said"
verdict script $?
exit $status
