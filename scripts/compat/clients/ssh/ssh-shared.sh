#!/bin/sh
# ssh with one connection for all (ControlMaster).
. "$(dirname "$0")/verdict.sh"

shared() { remote -o ControlMaster=auto -o ControlPersist=30 -o "ControlPath=$work/%C" "$@"; }
megabytes 20 >"$work/big"
want=$(sum <"$work/big")
verdict first "$(shared target 'echo first')" first
for i in 1 2 3 4 5; do shared target 'cat; echo '$i <"$work/big" >"$work/out$i" & done
for i in 1 2 3 4 5; do wait; done
said=$(for i in 1 2 3 4 5; do head -c 20000000 "$work/out$i" | sum; tail -c 2 "$work/out$i"; done)
verdict together "$said" "$(for i in 1 2 3 4 5; do printf '%s\n%s\n' "$want" $i; done)"
said=$(for i in $(seq 100); do shared target "echo $i"; done | tr '\n' ' ')
verdict many "$said" "$(seq 100 | tr '\n' ' ')"
verdict killed "$(shared target 'exit 9'; echo $?)" 9
verdict check "$(shared -O check target 2>&1 | cut -c1-14)" 'Master running'
shared -O exit target 2>/dev/null
verdict gone "$(shared -O check target 2>&1 | grep -c 'No such file')" 1
exit $status
