#!/usr/bin/env bash
# Serves a demonstration site from a temp folder and runs client.mjs against it, as one of its agents.
#   tests/clients/node/run.sh [path of the helpdesk binary]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
binary=$(realpath "${1:-$here/../../../target/debug/helpdesk}")
cd "$here"
[ -d node_modules/frappe-js-sdk ] || npm ci --silent
folder=$(mktemp -d "${TMPDIR:-/tmp}/helpdesk-node.XXXXXX")
server=
stop() { [ -z "$server" ] || { kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; }; rm -rf "$folder"; }
trap stop EXIT
"$binary" --site "$folder/site" serve --demo --listen 127.0.0.1:0 >"$folder/out" 2>"$folder/log" &
server=$!
for _ in $(seq 1800); do grep -q "^Helpdesk listens" "$folder/out" && break; kill -0 "$server" 2>/dev/null || break; sleep 0.1; done
url=$(sed -n 's/^Helpdesk listens on \(http[^ ]*\).*/\1/p' "$folder/out")
[ -n "$url" ] || { cat "$folder/log" >&2; exit 1; }
key=$("$binary" --site "$folder/site" api-key nora@desk.example)
node client.mjs "$url" "$key"
