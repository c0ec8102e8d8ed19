#!/bin/sh
# Brings all that Sallyport needs into this folder: Node.js and pnpm into .runtime, dependencies into
# node_modules. Needs npm, a package registry and nothing else; writes nothing outside this folder.
# Runs again in a moment when nothing changed, and waits when another one is at work.
set -eu

NODE_VERSION=24.21.0
PNPM_VERSION=12.21.0

cd "$(dirname "$0")/.."
root=$PWD
runtime=$root/.runtime
log=$runtime/setup.log
job=

say() { printf 'setup: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

# All that decides what an install brings. The folder counts too: a moved clone is set up anew.
fingerprint() {
  printf '%s %s\n' "$root" "$(uname -sm)"
  cksum scripts/setup.sh package.json pnpm-lock.yaml pnpm-workspace.yaml packages/*/package.json protocols/*/package.json
}

up_to_date() {
  [ -x "$runtime/node_modules/.bin/node" ] && [ -d node_modules/.pnpm ] && [ -e "$runtime/stamp" ] &&
    [ "$(fingerprint)" = "$(cat "$runtime/stamp")" ]
}

# step TITLE COMMAND...: runs it with its output in the log, and says every few seconds that it lives.
# The functions it runs end in exec, so that ending the job ends npm or pnpm and not a shell around them.
step() {
  title=$1
  shift
  began=$(date +%s)
  said=$began
  say "$title ..."
  "$@" >>"$log" 2>&1 </dev/null 9>&- &
  job=$!
  while kill -0 "$job" 2>/dev/null; do
    sleep 1
    now=$(date +%s)
    [ $((now - said)) -lt 5 ] || { said=$now && say "$title ... $((now - began)) s"; }
  done
  if wait "$job"; then
    job=
    say "$title: done in $(($(date +%s) - began)) s"
  else
    tail -n 20 "$log" >&2
    fail "$title failed. The lines above end $log. If a download failed, check that npm reaches its registry: npm ping"
  fi
}

bring_runtime() {
  cd "$runtime"
  rm -rf node_modules
  echo '{ "private": true }' >package.json # the folder is its own project (--prefix would lose the machine's npmrc)
  # Whatever the user's npm is set to: these three decide whether a runtime arrives at all.
  exec npm install --global=false --ignore-scripts=false --include=optional \
    --no-save --no-package-lock --no-audit --no-fund --cache "$runtime/cache" "node@$NODE_VERSION" "pnpm@$PNPM_VERSION"
}

bring_dependencies() {
  # Native addons must be built for the brought runtime. Its package carries the headers they need.
  headers=$(dirname "$(echo "$runtime"/node_modules/node/node_modules/node-*/include)")
  exec env CI=true npm_config_nodedir="$headers" XDG_CACHE_HOME="$runtime/cache" XDG_DATA_HOME="$runtime/data" \
    XDG_STATE_HOME="$runtime/state" pnpm install --frozen-lockfile --store-dir "$runtime/store"
}

check_addons() {
  cd packages/store
  exec node -e "new (require('better-sqlite3'))(':memory:').close()"
}

if up_to_date; then exit 0; fi
command -v npm >/dev/null || fail 'npm is missing. Install Node.js 18 or newer with npm (Debian: apt-get install npm), then try again.'
mkdir -p "$runtime" 2>/dev/null && [ -w "$runtime" ] || fail "cannot write to $runtime. Run as the owner of this folder."

exec 9>"$runtime/lock"
if command -v flock >/dev/null && ! flock -n 9; then
  say 'another set-up is at work in this folder; waiting for it'
  flock 9
  if up_to_date; then exit 0; fi
fi
trap '[ -z "$job" ] || kill "$job" 2>/dev/null || true' EXIT
trap 'exit 130' INT TERM HUP
rm -f "$runtime/stamp"
: >"$log"
PATH=$runtime/node_modules/.bin:$PATH
export PATH

if [ "$("$runtime/node_modules/.bin/node" --version 2>/dev/null)" != "v$NODE_VERSION" ] ||
  [ "$("$runtime/node_modules/.bin/pnpm" --version 2>/dev/null)" != "$PNPM_VERSION" ]; then
  step "runtime (Node.js $NODE_VERSION, pnpm $PNPM_VERSION)" bring_runtime
  rm -rf "$runtime/cache"
fi
step 'dependencies' bring_dependencies
ln -sf ../../sallyport node_modules/.bin/sallyport
step 'native addons' check_addons
fingerprint >"$runtime/stamp"
