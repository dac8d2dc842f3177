#!/usr/bin/env bash
# Serves a demonstration site from a temp folder and renders pages with frappe-react-sdk against it.
#   tests/clients/react/run.sh [path of the helpdesk binary]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
binary=$(realpath "${1:-$here/../../../target/debug/helpdesk}")
cd "$here"
[ -d node_modules/frappe-react-sdk ] || npm ci --silent
. ../serve.sh
serve "$folder/site" --demo
key() { "$binary" --site "$folder/site" api-key "$1"; }
node hooks.mjs "$url" "$(key nora@desk.example)" "$(key tomas@desk.example)"
