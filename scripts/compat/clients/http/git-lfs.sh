#!/bin/sh
# git with Git LFS: large files go to, and come from, the server that has the repository. With HTTPS_PROXY, through that.
. "$(dirname "$0")/../ssh/verdict.sh"

export GIT_CONFIG_GLOBAL="$work/config" GIT_TERMINAL_PROMPT=0 HOME="$work" GIT_SSL_CAINFO="$HTTP_CA" GIT_LFS_SKIP_SMUDGE=0
git config --file "$work/config" user.name tester
git config --file "$work/config" user.email tester@example.com
git config --file "$work/config" credential.helper "!printf 'username=tester\npassword=$HTTP_TOKEN\n' #"
git lfs install --skip-repo >/dev/null
branch="branch-$$"
repository="$HTTP_URL/git/shop.git"
# Go, of which git-lfs is made, asks no proxy for "localhost"; with a final dot it is another name of the same server.
[ -z "${HTTPS_PROXY:-}" ] || git config --file "$work/config" lfs.url "https://localhost.:${HTTPS_HOST##*:}/git/shop.git/info/lfs"

git init -q -b "$branch" "$work/here" && cd "$work/here" || exit 1
git lfs track '*.bin' >/dev/null
openssl rand 3000000 >a.bin
openssl rand 100 >b.bin
openssl rand 20 >c.txt
git add . && git commit -q -m 'large files'
git remote add origin "$repository"
git config lfs.locksverify false
git push -q origin "$branch" 2>"$work/said"
verdict push "$?" 0
git clone -q -b "$branch" "$repository" "$work/there" >/dev/null 2>&1
verdict clone "$? $(cd "$work/there" && cat a.bin b.bin c.txt | sum)" "0 $(cat a.bin b.bin c.txt | sum)"
verdict pointers "$(cd "$work/there" && git lfs ls-files --name-only | tr '\n' ' ')" 'a.bin b.bin '
verdict fetch "$(cd "$work/there" && rm -rf .git/lfs/objects && git lfs fetch >/dev/null 2>&1 && git lfs fsck 2>&1 | tail -1)" 'Git LFS fsck OK'
exit $status
