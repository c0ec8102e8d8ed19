#!/bin/sh
# git with HTTPS_PROXY: what is pushed comes back.
. "$(dirname "$0")/../ssh/verdict.sh"

export GIT_CONFIG_GLOBAL="$work/config" GIT_TERMINAL_PROMPT=0 HOME="$work" GIT_SSL_CAINFO="$HTTP_CA"
git config --file "$work/config" user.name tester
git config --file "$work/config" user.email tester@example.com
git config --file "$work/config" credential.helper "!printf 'username=tester\npassword=$HTTP_TOKEN\n' #"
branch="branch-$$"

git init -q -b "$branch" "$work/here" && cd "$work/here" || exit 1
openssl rand 3000000 >file
git add . && git commit -q -m 'one file'
git remote add origin "$HTTP_URL/git/shop.git"
said=$(git push -q origin "$branch" "$branch:refs/tags/tag-$$" 2>&1)
verdict push "$? $said" '0 '
said=$(git clone -q --depth 1 -b "$branch" "$HTTP_URL/git/shop.git" "$work/there" 2>&1)
verdict 'shallow clone' "$? $(sum <"$work/there/file")" "0 $(sum <file)"
git commit -q --allow-empty -m 'another' && git push -q origin "$branch"
verdict fetch "$(cd "$work/there" && git fetch -q && git rev-parse "origin/$branch")" "$(git rev-parse HEAD)"
git push -q origin ":refs/tags/tag-$$" 2>/dev/null
verdict delete "$(git ls-remote origin "refs/tags/tag-$$")" ''
exit $status
