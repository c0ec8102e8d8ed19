#!/bin/sh
# scp in both of its ways, sftp, rsync.
. "$(dirname "$0")/verdict.sh"

tree "$work/tree"
megabytes "$MEGABYTES" >"$work/big"
want=$(listing "$work/tree")
copy() { timeout 120 scp -F "$SSH_CONFIG" -q "$@" 2>&1; }
for way in s O; do
  name=$(echo $way | sed 's/s/scp/; s/O/old scp/')
  verdict "$name" "$(copy -$way "$work/big" "target:$work/up$way"; copy -$way "target:$work/up$way" "$work/down$way"; sum <"$work/down$way")" \
    "$(sum <"$work/big")"
  mkdir "$work/$way"
  verdict "$name folder" "$(copy -$way -pr "$work/tree/d 1" "target:$work/$way/up"; copy -$way -pr "target:$work/$way/up" "$work/$way/down"; listing "$work/$way/down")" \
    "$(listing "$work/tree/d 1")"
  verdict "$name missing" "$(copy -$way "target:$work/none" "$work/none" | grep -c 'No such file')" 1
done

batch() { printf '%s\n' "$@" | timeout 120 sftp -F "$SSH_CONFIG" -q -b - target 2>&1; }
verdict 'sftp thousand' "$(batch "put -r \"$work/tree\" \"$work/sftp-up\"" "get -r \"$work/sftp-up\" \"$work/sftp-down\"" >/dev/null
  find "$work/sftp-down" -type f | wc -l; (cd "$work/sftp-down" && find . -type f ! -name link -exec sha256sum {} + | sort | sum))" \
  "$(echo 1002; cd "$work/tree" && find . -type f -exec sha256sum {} + | sort | sum)"
verdict 'sftp tree' "$(batch "mkdir $work/made" "rename $work/made $work/moved" "ln -s big $work/moved/l" "chmod 700 $work/moved" "rm $work/moved/l" "rmdir $work/moved" | grep -v '^sftp>')" ''
verdict 'sftp resume' "$(head -c 1000000 "$work/big" >"$work/part"; batch "reget $work/big $work/part" >/dev/null; sum <"$work/part")" "$(sum <"$work/big")"

away() { timeout 120 rsync -e "ssh -F '$SSH_CONFIG'" "$@" 2>&1; }
verdict 'rsync' "$(away -a "$work/tree/" "target:$work/rsync-up/"; away -a "target:$work/rsync-up/" "$work/rsync-down/"; listing "$work/rsync-down")" "$want"
verdict 'rsync again' "$(away -a --itemize-changes "$work/tree/" "target:$work/rsync-up/")" ''
echo more >>"$work/tree/empty"
rm "$work/tree/d 2/file 7"
verdict 'rsync change' "$(away -a --checksum --delete --compress "$work/tree/" "target:$work/rsync-up/"; listing "$work/rsync-up")" "$(listing "$work/tree")"
verdict 'rsync big' "$(away "$work/big" "target:$work/rsync-big"; sum <"$work/rsync-big")" "$(sum <"$work/big")"
if command -v curl >/dev/null; then
  url="sftp://$SSH_USER@$SSH_HOST:$SSH_PORT"
  user=$(printf %s "$SSH_USER" | sed 's/@/%40/g')
  url="sftp://$user@$SSH_HOST:$SSH_PORT"
  fetched=$(timeout 120 curl -sS --key "$SSH_KEY" --pubkey "$SSH_KEY.pub" --insecure "$url$work/big" 2>&1 | sum)
  verdict 'libssh2 download' "$fetched" "$(sum <"$work/big")"
  timeout 120 curl -sS --key "$SSH_KEY" --pubkey "$SSH_KEY.pub" --insecure -T "$work/big" "$url$work/curl-up" >"$work/said" 2>&1
  verdict 'libssh2 upload' "$(sum <"$work/curl-up")" "$(sum <"$work/big")"
fi
exit $status
