# For the clients that are programs of OpenSSH and friends. SSH_CONFIG is a configuration in which the host "target" is
# the server; MEGABYTES is how much is piped. SSH_USER, SSH_HOST, SSH_PORT, SSH_KEY and SSH_HOSTS are for those that read none.
set -u
status=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
remote() { timeout 120 ssh -F "$SSH_CONFIG" "$@"; }

# verdict CHECK GOT WANT
verdict() {
  if [ "$2" = "$3" ]; then
    echo "ok $1"
  else
    status=1
    echo "failed $1: got $(printf '%s' "$2" | tr '\n' ' ' | cut -c1-300)"
  fi
}

sum() { sha256sum | cut -d' ' -f1; }

# A file of so many megabytes that do not repeat themselves.
megabytes() { openssl enc -aes-128-ctr -nosalt -pass "pass:$1" -in /dev/zero 2>/dev/null | head -c "$(($1 * 1000000))"; }

# tree FOLDER: a thousand small files in ten folders, one of them odd.
tree() {
  for folder in 0 1 2 3 4 5 6 7 8 9; do
    mkdir -p "$1/d $folder"
    for name in $(seq 100); do echo "$folder $name" >"$1/d $folder/file $name"; done
  done
  : >"$1/empty"
  printf '\000\377' >"$1/Grüße, 世界"
  ln -s empty "$1/link"
  chmod 750 "$1/d 1"
}

# listing FOLDER: what is in it, with modes and contents.
listing() { (cd "$1" && find . -type f -exec sha256sum {} + | sort && find . -printf '%M %p %l\n' | sed 's/^l[rwx]*/l/' | sort) | sum; }
