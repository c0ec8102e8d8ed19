#!/bin/sh
# curl with HTTPS_PROXY: in each version of HTTP, with a WebSocket's handshake, and what the proxy refuses.
. "$(dirname "$0")/../ssh/verdict.sh"

email=$([ "$HTTP_MASKED" = 1 ] && echo '[redacted]' || echo ada@example.com)
customer="{\"id\":7,\"name\":\"Ada\",\"email\":\"$email\"}"
get() { curl -sS --max-time 60 -u "tester:$HTTP_TOKEN" --cacert "$HTTP_CA" "$@" 2>&1; }

verdict 'HTTP 1' "$(get --http1.1 "$HTTP_URL/customers/7")" "$customer"
verdict 'HTTP 2' "$(get --http2 "$HTTP_URL/customers/7")" "$customer"
verdict gzip "$(get --compressed "$HTTP_URL/packed")" "$customer"
verdict upload "$(openssl rand 5000000 | get -T - "$HTTP_URL/upload" | cut -c1-16)" '{"bytes":5000000'
verdict events "$(get -N "$HTTP_URL/events" | grep -c data:)" 5
[ -z "$HTTPS_PROXY" ] && exit $status
verdict 'another host' "$(get -i https://files.example/ | grep -c 'No target here stands for files.example:443')" 1
verdict 'without a token' "$(curl -sS -o /dev/null -w '%{http_connect}' --proxy "http://127.0.0.1:${HTTPS_PROXY##*:}" "$HTTP_URL/" 2>/dev/null)" 407
exit $status
