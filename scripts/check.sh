#!/bin/sh
# The checks of the code itself. One line each; what a failing one said follows its line.
# Ends with a line "N passed, N failed".
set -u
cd "$(dirname "$0")/.."
sh scripts/setup.sh || exit 1
PATH=$PWD/.runtime/node_modules/.bin:$PWD/node_modules/.bin:$PATH
export PATH

passed=0
failed=0
output=$(mktemp)
trap 'rm -f "$output"' EXIT

# check NAME COMMAND...
check() {
  name=$1
  shift
  began=$(date +%s)
  if "$@" >"$output" 2>&1 </dev/null; then
    passed=$((passed + 1))
    printf 'ok      %s (%s s)\n' "$name" $(($(date +%s) - began))
  else
    failed=$((failed + 1))
    printf 'failed  %s (%s s)\n' "$name" $(($(date +%s) - began))
    head -n 60 "$output"
  fi
}

check 'types' tsc -p .
check 'format and lint' biome check --error-on-warnings
check 'promises and switches' eslint --max-warnings 0 .
check 'dependency directions' depcruise --config .dependency-cruiser.cjs packages protocols scripts test-fixtures
check 'dead code' knip
check 'length of files' node scripts/file-length.ts

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
