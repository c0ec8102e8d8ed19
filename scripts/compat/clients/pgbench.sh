#!/bin/sh
# pgbench in each of its three ways to ask. Everything comes from PGHOST, PGPORT, PGUSER, PGPASSWORD
# and PGDATABASE; its tables are made by the runner beforehand, since that needs DDL.
set -u
status=0

# verdict CHECK OPTIONS...
verdict() {
  check=$1
  shift
  if said=$(timeout 60 pgbench -n -c 4 -j 2 -t 200 "$@" 2>&1) && echo "$said" | grep -q 'actually processed: 800/800'; then
    echo "ok $check"
  else
    status=1
    echo "failed $check: $(echo "$said" | grep -iE 'error|fatal|processed' | head -n 1)"
  fi
}

verdict connect -S
verdict simple -M simple
verdict extended -M extended
verdict prepared -M prepared
exit $status
