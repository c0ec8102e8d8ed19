#!/bin/sh
# All tests, with the set-up they need. Arguments go to jest: npm test -- protocols/postgres
# Ends with a line "N passed, N failed", which scripts/tally-reporter.mjs prints.
set -eu
cd "$(dirname "$0")/.."
sh scripts/setup.sh

# Real servers and clients come from Debian. Root gets what is missing; others are told.
missing=
need() { [ -x "$1" ] || missing="$missing $2"; }
need /usr/lib/postgresql/15/bin/postgres postgresql-15
need /usr/bin/psql postgresql-client-15
need /usr/bin/mariadb mariadb-client
need /usr/lib/mysql/plugin/auth_ed25519.so mariadb-server
need /usr/bin/ssh openssh-client
need /usr/sbin/sshd openssh-server
need /usr/lib/openssh/sftp-server openssh-sftp-server
need /usr/bin/rsync rsync
need /usr/bin/git git

if [ -n "$missing" ] && [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
  echo "test: installing$missing" >&2
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends $missing; } >.runtime/apt.log 2>&1 </dev/null ||
    { tail -n 5 .runtime/apt.log >&2 && echo 'test: apt-get failed; the tests that need these packages will fail' >&2; }
else
  for package in $missing; do
    echo "test: $package is missing, tests that need it will fail. Mend: sudo apt-get install $package" >&2
  done
fi

PATH=$PWD/.runtime/node_modules/.bin:$PATH
NODE_OPTIONS='--experimental-vm-modules --disable-warning=ExperimentalWarning'
export PATH NODE_OPTIONS
# Its workers take over what it is started with.
exec node $(grep "^-" packages/cli/v8-flags) node_modules/jest/bin/jest.js "$@"
