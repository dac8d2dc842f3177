#!/usr/bin/env bash
# Measures Socket.IO on a demonstration site: tests/clients/socketio/measure.sh [BINARY] [SOCKETS] [RECONNECTING] [ROUNDS]
# A release build gives figures worth keeping. 5,000 sockets need as many open files: `ulimit -n` of 16,000 or so.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
binary=$(realpath "${1:-$here/../../../target/release/helpdesk}")
cd "$here"
[ -d node_modules/socket.io-client ] || npm ci --silent
ulimit -n "$(ulimit -Hn)" || true
folder=$(mktemp -d "${TMPDIR:-/tmp}/helpdesk-sockets.XXXXXX")
server=
stop() { [ -z "$server" ] || { kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; }; rm -rf "$folder"; }
trap stop EXIT
HELPDESK_LOG=warn "$binary" --site "$folder/site" serve --demo --listen 127.0.0.1:0 >"$folder/out" 2>"$folder/log" &
server=$!
for _ in $(seq 1800); do grep -q "^Helpdesk listens" "$folder/out" && break; kill -0 "$server" 2>/dev/null || break; sleep 0.1; done
url=$(sed -n 's/^Helpdesk listens on \(http[^ ]*\).*/\1/p' "$folder/out")
[ -n "$url" ] || { cat "$folder/log" >&2; exit 1; }
node measure.mjs "$url" "$("$binary" --site "$folder/site" api-key nora@desk.example)" "$server" "${@:2}"
