#!/bin/sh
# curl, in each version of HTTP.
. "$(dirname "$0")/../ssh/verdict.sh"

secure="https://$HTTPS_HOST"
email=$([ "$HTTP_MASKED" = 1 ] && echo '[redacted]' || echo ada@example.com)
customer="{\"id\":7,\"name\":\"Ada\",\"email\":\"$email\"}"
get() { curl -sS --max-time 200 -u "tester:$HTTP_TOKEN" --cacert "$HTTP_CA" "$@" 2>&1; }
bytes=$((HTTP_MEGABYTES * 1000000))
hash() { sha256sum | cut -d' ' -f1; }
head -c "$bytes" /dev/zero | tr '\0' a >"$work/large"
whole=$(hash <"$work/large")

verdict 'HTTP 1' "$(get -w ' %{http_version}' "$HTTP_URL/customers/7")" "$customer 1.1"
verdict 'HTTP 2' "$(get --http2 -w ' %{http_version}' "$secure/customers/7")" "$customer 2"
verdict bearer "$(curl -sS -H "Authorization: Bearer $HTTP_TOKEN" "$HTTP_URL/customers/7")" "$customer"
verdict 'wrong token' "$(curl -sS -o /dev/null -w '%{http_code}' -u tester:wrong "$HTTP_URL/")" 401
verdict head "$(get -I -o /dev/null -w '%{http_code}' "$HTTP_URL/missing")" 404
verdict form "$(get -d 'a=1&b=2' "$HTTP_URL/upload" | cut -c1-10)" '{"bytes":7'
verdict download "$(get "$HTTP_URL/large?bytes=$bytes" | hash)" "$whole"
verdict 'download HTTP 2' "$(get --http2 "$secure/large?bytes=$bytes" | hash)" "$whole"
verdict upload "$(get -T "$work/large" "$HTTP_URL/upload")" "{\"bytes\":$bytes,\"sha256\":\"$whole\"}"
verdict 'upload chunked HTTP 2' "$(get --http2 -X POST -T - "$secure/upload" <"$work/large")" "{\"bytes\":$bytes,\"sha256\":\"$whole\"}"
verdict range "$(get -r 10-19 -w ' %{http_code}' "$HTTP_URL/large?bytes=100")" 'aaaaaaaaaa 206'
head -c 40 "$work/large" >"$work/part"
verdict resume "$(get -C - -o "$work/part" "$HTTP_URL/large?bytes=100"; wc -c <"$work/part" | tr -d ' ')" 100
verdict compressed "$(get --compressed "$HTTP_URL/packed")" "$customer"
verdict events "$(get -N "$HTTP_URL/events" | grep -c data:)" 5
verdict 'two requests' "$(get "$HTTP_URL/a" "$HTTP_URL/b" -w ' %{num_connects} ')" "$customer 1 $customer 0 "
exit $status
