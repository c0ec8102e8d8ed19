#!/bin/sh
# git over ssh.
. "$(dirname "$0")/verdict.sh"

export GIT_SSH_COMMAND="ssh -F '$SSH_CONFIG'" GIT_CONFIG_GLOBAL=/dev/null GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.com
export GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.com
quiet() { timeout 120 git "$@" >"$work/said" 2>&1 || tail -n 3 "$work/said"; }
git init -q --bare -b main "$work/there"
git init -q -b main "$work/here"
cd "$work/here" || exit 1
seq 100000 >numbers
git add numbers
git commit -q -m first
verdict push "$(quiet push "target:$work/there" main; git -C "$work/there" rev-parse main)" "$(git rev-parse main)"
verdict clone "$(quiet clone "ssh://target$work/there" "$work/copy"; git -C "$work/copy" rev-parse HEAD)" "$(git rev-parse main)"
for version in 0 2; do
  verdict "protocol $version" "$(git -c protocol.version=$version ls-remote "target:$work/there" 2>&1 | cut -f2 | tr '\n' ' ')" 'HEAD refs/heads/main '
done
git commit -q --allow-empty -m second
verdict 'push again' "$(quiet push "target:$work/there" main; git -C "$work/there" rev-parse main)" "$(git rev-parse main)"
verdict fetch "$(cd "$work/copy" && quiet pull && git rev-parse HEAD)" "$(git rev-parse main)"
verdict shallow "$(quiet clone --depth 1 "ssh://target$work/there" "$work/shallow"; git -C "$work/shallow" rev-list --count HEAD)" 1
verdict 'branch and tag' "$(git tag v1; quiet push "target:$work/there" main:feature v1; git -C "$work/there" for-each-ref --format='%(refname)' | tr '\n' ' ')" \
  'refs/heads/feature refs/heads/main refs/tags/v1 '
verdict delete "$(quiet push "target:$work/there" :feature; git -C "$work/there" for-each-ref --format='%(refname)' refs/heads | tr '\n' ' ')" 'refs/heads/main '
verdict refused "$(git push "target:$work/nowhere" main 2>&1 | grep -c 'does not appear to be a git repository')" 1
verdict archive "$(git archive --remote="target:$work/there" main 2>/dev/null | tar -t)" numbers
exit $status
