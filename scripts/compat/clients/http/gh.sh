#!/bin/sh
# GitHub's command line tool with a stand-in for a GitHub Enterprise Server.
. "$(dirname "$0")/../ssh/verdict.sh"

# Go asks no proxy for "localhost"; with a final dot it is another name of the same server.
[ -z "${HTTPS_PROXY:-}" ] || HTTPS_HOST="localhost.:${HTTPS_HOST##*:}"
export GH_HOST="$HTTPS_HOST" GH_ENTERPRISE_TOKEN="$HTTP_TOKEN" SSL_CERT_FILE="$HTTP_CA" GH_CONFIG_DIR="$work/gh" NO_COLOR=1 GH_PROMPT_DISABLED=1
verdict repository "$(gh api repos/shop/web --jq .full_name 2>&1)" shop/web
verdict merge "$(gh api -X PUT repos/shop/web/pulls/1/merge --jq .merged 2>&1)" true
verdict graphql "$(gh api graphql -f query='query { viewer { login } }' --jq .data.viewer.login 2>&1)" shop-bot
exit $status
