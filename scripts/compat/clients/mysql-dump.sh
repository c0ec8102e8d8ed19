#!/bin/sh
# The dump of MySQL or of MariaDB, named by CLIENT, loaded again by LOADER. Everything comes from DB_HOST, DB_PORT, DB_USER, DB_PASSWORD, DB_NAME
# and DB_CA; the same with DIRECT_ instead of DB_ goes round the gateway: what both ways bring must be equal.
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

# on direct|through PROGRAM ARGUMENT...
on() {
  way=$1
  shift
  [ "$way" = direct ] && host=$DIRECT_HOST port=$DIRECT_PORT user=$DIRECT_USER ca=$DIRECT_CA secret=$DIRECT_PASSWORD
  [ "$way" = through ] && host=$DB_HOST port=$DB_PORT user=$DB_USER ca=$DB_CA secret=$DB_PASSWORD
  program=$1
  shift
  MYSQL_PWD=$secret timeout 120 "$program" --no-defaults "--host=$host" "--port=$port" "--user=$user" "--ssl-ca=$ca" "$@" 2>>"$work/said"
}
dump() {
  way=$1
  shift
  on "$way" "$CLIENT" --routines --events --triggers --skip-dump-date "$@"
}
equal() { cmp "$1" "$2" >>"$work/said" 2>&1 && [ -s "$1" ]; }

# same CHECK OPTION...: dumped directly and through the gateway
same() {
  check=$1
  shift
  : >"$work/said"
  dump direct "$@" source >"$work/direct.sql" && dump through "$@" source >"$work/through.sql" && equal "$work/direct.sql" "$work/through.sql"
  verdict "$check" $?
}

same hexadecimal --hex-blob --complete-insert --skip-extended-insert
same consistent --single-transaction --quick
same dump
# MariaDB's writes down what generated columns hold, which MySQL does not take.
case "$CLIENT $(on direct "$LOADER" -N -e 'SELECT VERSION()')" in
*mariadb*[Mm]aria* | *mysqldump*) ;;
*) exit $status ;;
esac
# Loaded again through the gateway, and looked at directly.
: >"$work/said"
on direct "$LOADER" -e 'DROP DATABASE IF EXISTS copy; CREATE DATABASE copy CHARACTER SET utf8mb4' &&
  on through "$LOADER" --default-character-set=utf8mb4 copy <"$work/through.sql"
verdict restore $?
dump direct copy | sed "/^-- /s/ for database 'copy'\$/ for database 'source'/; /^-- Host/s/Database: copy/Database: source/" >"$work/copy.sql"
equal "$work/direct.sql" "$work/copy.sql"
verdict 'same again' $?
exit $status
