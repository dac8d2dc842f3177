#!/usr/bin/env bash
# Measures Socket.IO on a demonstration site: tests/clients/socketio/measure.sh [BINARY] [SOCKETS] [RECONNECTING] [ROUNDS]
# A release build gives figures worth keeping. 5,000 sockets need as many open files: `ulimit -n` of 16,000 or so.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
binary=$(realpath "${1:-$here/../../../target/release/helpdesk}")
cd "$here"
[ -d node_modules/socket.io-client ] || npm ci --silent
ulimit -n "$(ulimit -Hn)" || true
. ../serve.sh
export HELPDESK_LOG=warn
serve "$folder/site" --demo
node measure.mjs "$url" "$("$binary" --site "$folder/site" api-key nora@desk.example)" "$server" "${@:2}"
