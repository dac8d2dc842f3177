#!/usr/bin/env bash
# The official socket.io-client against the server: checks of our own on a demonstration site, and the recorded scenario
# where the conformance data is beside the project (or in HELPDESK_SHARED).
#   tests/clients/socketio/run.sh [path of the helpdesk binary]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
binary=$(realpath "${1:-$here/../../../target/debug/helpdesk}")
shared=${HELPDESK_SHARED:-$here/../../../../shared}
cd "$here"
[ -d node_modules/socket.io-client ] || npm ci --silent
. ../serve.sh
free_port() { node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close() })'; }

{
  export HELPDESK_SOCKETIO_PORT
  HELPDESK_SOCKETIO_PORT=$(free_port)
  serve "$folder/demo" --demo
  helpdesk() { "$binary" --site "$folder/demo" "$@"; }
  helpdesk user add temp@desk.example --role Agent --role "System Manager" >/dev/null
  helpdesk user add pat@portal.example --role "HD Customer" >/dev/null
  echo "Sock-Pass-2026-x" | helpdesk set-password tomas@desk.example >/dev/null
  key() { helpdesk api-key "$1"; }
  cat >"$folder/keys.json" <<KEYS
{"admin": "$(key Administrator)", "nora": "$(key nora@desk.example)", "tomas": "$(key tomas@desk.example)",
 "temp": "$(key temp@desk.example)", "portal": "$(key pat@portal.example)", "tomas_password": "Sock-Pass-2026-x",
 "mei_token": "$(helpdesk token create mei@desk.example --scope all | tail -1)"}
KEYS
  node checks.mjs "$url" "$HELPDESK_SOCKETIO_PORT" "$folder/keys.json"
  stop
  unset HELPDESK_SOCKETIO_PORT
}

if [ -f "$shared/conformance/realtime.jsonl" ]; then
  "$binary" --site "$folder/recorded" load "$shared/conformance/dataset.jsonl" >/dev/null
  {
    printf '{'
    comma=
    while read -r identity user; do
      printf '%s"%s":"%s"' "$comma" "$identity" "$("$binary" --site "$folder/recorded" api-key "$user")"
      comma=,
    done <<'USERS'
manager maya.manager@desk.example
agent arun.agent@desk.example
agent2 bella.agent@desk.example
customer carl@acme.example
customer2 dina@globex.example
USERS
    printf '}'
  } >"$folder/keys.json"
  HELPDESK_SITE_NAMES='["ref.localhost"]' serve "$folder/recorded" --now 2026-11-22T07:13:00Z
  node scenario.mjs "$url" "$folder/keys.json" "$shared/conformance/realtime.jsonl"
  stop
else
  echo "the recorded scenario: skipped, there is no $shared/conformance"
fi
