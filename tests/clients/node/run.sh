#!/usr/bin/env bash
# Serves a demonstration site from a temp folder and runs client.mjs against it, as one of its agents.
#   tests/clients/node/run.sh [path of the helpdesk binary]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
binary=$(realpath "${1:-$here/../../../target/debug/helpdesk}")
cd "$here"
[ -d node_modules/frappe-js-sdk ] || npm ci --silent
. "$here/../serve.sh"
serve "$folder/site" --demo
key=$("$binary" --site "$folder/site" api-key nora@desk.example)
node client.mjs "$url" "$key"
