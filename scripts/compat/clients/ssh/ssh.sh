#!/bin/sh
# ssh: commands and pipes.
. "$(dirname "$0")/verdict.sh"

verdict output "$(remote target 'echo out; echo err >&2; exit 7' 2>"$work/err"; echo $?; cat "$work/err")" "$(printf 'out\n7\nerr')"
verdict signal "$(remote target 'kill -TERM $$' 2>&1; echo $?)" 255
verdict missing "$(remote target 'no-such-program-here' 2>/dev/null; echo $?)" 127
verdict quoting "$(remote target "printf '%s|' \"a  b\" 'c;d' '\$HOME' 'Grüße, 世界 🚪'")" 'a  b|c;d|$HOME|Grüße, 世界 🚪|'
verdict early "$(echo x | remote target cat)" x
verdict silent "$(remote -n target 'cat; echo end')" end
verdict half "$(seq 3 | remote target 'cat >/dev/null; sleep 0.3; echo late')" late

megabytes "$MEGABYTES" >"$work/big"
want=$(sum <"$work/big")
verdict upload "$(remote target sha256sum <"$work/big" | cut -d' ' -f1)" "$want"
verdict download "$(remote target "cat '$work/big'" | sum)" "$want"
verdict both "$(remote target cat <"$work/big" | sum)" "$want"
verdict stderr "$(remote target "cat '$work/big' >&2" 2>&1 >/dev/null | sum)" "$want"
verdict mixed "$(remote target "tee /dev/stderr" <"$work/big" 2>"$work/err" | sum; sum <"$work/err")" "$(printf '%s\n%s' "$want" "$want")"
verdict slow "$(remote target "cat '$work/big'" | (sleep 2; sum))" "$want"
verdict rekey "$(remote -o RekeyLimit=1M target cat <"$work/big" | sum)" "$want"
verdict compressed "$(remote -C target cat <"$work/big" | sum)" "$want"
verdict cut "$(remote target 'yes' | head -n 1)" y

for cipher in chacha20-poly1305@openssh.com aes128-gcm@openssh.com aes256-gcm@openssh.com aes256-ctr; do
  said=$(head -c 3000000 "$work/big" | remote -c "$cipher" target sha256sum 2>&1 | cut -d' ' -f1)
  verdict "cipher $(echo "$cipher" | tr -dc 'a-z0-9')" "$said" "$(head -c 3000000 "$work/big" | sum)"
done

verdict keepalive "$(remote -o ServerAliveInterval=1 -o ServerAliveCountMax=2 target 'sleep 4; echo alive')" alive
verdict environment "$(LC_TEST=Grüße remote -o SendEnv=LC_TEST target 'echo $LC_TEST')" Grüße
verdict shell "$(printf 'echo one\nexit 5\n' | remote target; echo $?)" "$(printf 'one\n5')"
verdict terminal "$(remote -tt target 'tty | cut -c1-9; stty -a | grep -o "speed [0-9]*"' </dev/null 2>/dev/null | tr -d '\r' | head -n 1)" /dev/pts/
long=$(head -c 20000 /dev/zero | tr '\0' x)
verdict long "$(remote target "printf %s $long" | wc -c | tr -d ' ')" 20000
verdict failure "$(remote -o ConnectTimeout=10 target 'exit 126'; echo $?)" 126

# VS Code and its like send a program of many lines to a shell, and keep a tunnel beside it.
{
  for i in $(seq 2000); do echo "value_$i='a line of a long program that is read from standard input'"; done
  echo 'echo "listening: $value_2000"; read -r line; echo "$line"'
  echo 'typed'
} >"$work/script"
socks=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
verdict program "$(remote -T -D "$socks" target bash <"$work/script" 2>/dev/null)" \
  "$(printf 'listening: a line of a long program that is read from standard input\ntyped')"
exit $status
