#!/bin/sh
# ssh in a terminal: tmux here, a shell and vim there.
. "$(dirname "$0")/verdict.sh"

tmux="tmux -L sallyport-compat-$$ -f /dev/null"
trap '$tmux kill-server 2>/dev/null; rm -rf "$work"' EXIT
$tmux new-session -d -x 100 -y 30 -s main "TERM=xterm-256color ssh -F '$SSH_CONFIG' target 2>'$work/err'; echo left \$?; sleep 60"
screen() { $tmux capture-pane -p -t main; }
# seen TEXT: whether it comes to be on the screen
seen() {
  for _ in $(seq 150); do
    screen | grep -qF -- "$1" && { echo yes; return; }
    sleep 0.1
  done
  screen | tail -n 5
}
type() { $tmux send-keys -t main -l "$1" && $tmux send-keys -t main Enter; }

type "PS1='ready> '; cd '$work'; unset HISTFILE"
verdict shell "$(seen 'ready> ')" yes
type 'stty size'
verdict size "$(seen '30 100')" yes
$tmux resize-window -t main -x 120 -y 40
sleep 1
type 'stty size'
verdict resize "$(seen '40 120')" yes
type 'echo "Grüße, 世界 🚪"'
verdict unicode "$(seen 'Grüße, 世界 🚪')" yes
type 'sleep 60; echo never'
sleep 0.5
$tmux send-keys -t main C-c
type 'echo interrupted $?'
verdict interrupt "$(seen 'interrupted 130')" yes
type 'seq 3000'
verdict flood "$(seen 3000)" yes
type 'vim -u NONE -n text'
verdict vim "$(seen '"text" [New')" yes
$tmux send-keys -t main i 'written in vim' Escape
type ':wq'
seen 'ready> vim' >"$work/back" # vim swallows what is typed before it has gone
type 'cat text'
verdict written "$(seen 'written in vim'; cat "$work/text" 2>&1)" "$(printf 'yes\nwritten in vim')"
type 'exit 3'
verdict exit "$(seen 'left 3')" yes
exit $status
