#!/bin/sh
# ssh -L, -R, -D, -J, -W and X11, where a rule allows them. (The agent is not forwarded: L-102.)
. "$(dirname "$0")/verdict.sh"

free() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
megabytes 20 >"$work/big"
want=$(sum <"$work/big")
web=$(free) local=$(free) distant=$(free) socks=$(free)
(cd "$work" && exec python3 -m http.server --bind 127.0.0.1 "$web" >/dev/null 2>&1) &
server=$!
ssh -F "$SSH_CONFIG" -N -o ExitOnForwardFailure=yes -L "$local:127.0.0.1:$web" -L "$work/socket:127.0.0.1:$web" \
  -R "$distant:127.0.0.1:$web" -D "$socks" target 2>"$work/err" &
tunnel=$!
trap 'kill $server $tunnel 2>/dev/null; rm -rf "$work"' EXIT
get() { timeout 60 curl -sS --retry 20 --retry-delay 1 --retry-all-errors "$@" 2>/dev/null | sum; }
verdict local "$(get "http://127.0.0.1:$local/big")" "$want"
verdict remote "$(get "http://127.0.0.1:$distant/big")" "$want"
verdict dynamic "$(get -x "socks5h://127.0.0.1:$socks" "http://localhost:$web/big")" "$want"
verdict socket "$(get --unix-socket "$work/socket" http://localhost/big)" "$want"
verdict together "$(for i in 1 2 3 4 5 6 7 8; do get "http://127.0.0.1:$local/big" & done | sort -u)" "$want"
verdict closed "$(timeout 30 ssh -F "$SSH_CONFIG" -W "127.0.0.1:$(free)" target </dev/null 2>&1 | grep -qi 'open failed' && echo refused)" refused
verdict chosen "$(timeout 30 ssh -F "$SSH_CONFIG" -R 0:127.0.0.1:"$web" target true 2>&1 | grep -c 'Allocated port [0-9]')" 1
verdict half "$(printf 'GET /big HTTP/1.0\r\n\r\n' | timeout 60 ssh -F "$SSH_CONFIG" -W "127.0.0.1:$web" target | tail -c 20000000 | sum)" "$want"

# A server that speaks first, and one more gateway in between.
verdict jump "$(timeout 60 ssh -F "$SSH_CONFIG" -J target -o "HostKeyAlias=far" -o UserKnownHostsFile=/dev/null -o StrictHostKeyChecking=no -i "$FAR_KEY" \
  -p "$FAR_PORT" "$FAR_USER@127.0.0.1" 'echo far' 2>/dev/null)" far
if command -v xauth >/dev/null; then
  verdict x11 "$(XAUTHORITY=$work/xauthority DISPLAY=127.0.0.1:99 remote -o ForwardX11Trusted=yes -X target 'echo $DISPLAY' 2>/dev/null | grep -c ':1[0-9]\.')" 1
fi
kill $tunnel
exit $status
