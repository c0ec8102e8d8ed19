#!/bin/sh
# dropbear's dbclient.
. "$(dirname "$0")/verdict.sh"

export HOME="$work"
mkdir -p "$work/.ssh"
cp "$SSH_HOSTS" "$work/.ssh/known_hosts"
dropbearconvert openssh dropbear "$SSH_KEY" "$work/key" >/dev/null 2>&1
ask() { timeout 60 dbclient -y -y -i "$work/key" -p "$SSH_PORT" -l "$SSH_USER" "$@"; }
megabytes 5 >"$work/big"
verdict output "$(ask "$SSH_HOST" 'echo out; echo err >&2; exit 7' 2>"$work/err"; echo $?; grep -v '^$\|Caution\|fingerprint\|authorised' "$work/err")" "$(printf 'out\n7\nerr')"
verdict both "$(ask "$SSH_HOST" cat <"$work/big" 2>/dev/null | sum)" "$(sum <"$work/big")"
verdict tunnel "$(ask -B "127.0.0.1:$FAR_PORT" "$SSH_HOST" </dev/null 2>/dev/null | head -c 8)" SSH-2.0-
exit $status
