#!/bin/sh
# A first look: sets up what is missing, then starts the demo. Arguments go to `sallyport demo`:
# npm run demo -- --tour
set -eu
cd "$(dirname "$0")/.."
sh scripts/setup.sh
exec ./sallyport demo "$@"
