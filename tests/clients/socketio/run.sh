#!/usr/bin/env bash
# The official socket.io-client against the server: checks of our own on a demonstration site, and the recorded scenario
# where the conformance data is beside the project (or in HELPDESK_SHARED): with one server, and with two where
# tests/with-redis.sh tests/with-postgres.sh run this script.
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

# The recorded data in a site, and keys of those who connect.
recorded() { # folder
  "$binary" --site "$1" load "$shared/conformance/dataset.jsonl" >/dev/null
  printf '{'
  comma=
  while read -r identity user; do
    printf '%s"%s":"%s"' "$comma" "$identity" "$("$binary" --site "$1" api-key "$user")"
    comma=,
  done <<'USERS'
manager maya.manager@desk.example
agent arun.agent@desk.example
agent2 bella.agent@desk.example
customer carl@acme.example
customer2 dina@globex.example
USERS
  printf '}'
}

if [ ! -f "$shared/conformance/realtime.jsonl" ]; then
  echo "the recorded scenario: skipped, there is no $shared/conformance"
  exit
fi
export HELPDESK_SITE_NAMES='["ref.localhost"]'
recorded "$folder/recorded" >"$folder/keys.json"
serve "$folder/recorded" --now 2026-11-22T07:13:00Z
node scenario.mjs "$url" "$folder/keys.json" "$shared/conformance/realtime.jsonl"
stop

if [ -n "${HELPDESK_TEST_DATABASE:-}" ] && [ -n "${HELPDESK_TEST_REDIS:-}" ]; then
  export HELPDESK_DATABASE=$HELPDESK_TEST_DATABASE HELPDESK_REDIS_CACHE=$HELPDESK_TEST_REDIS HELPDESK_REDIS_TIMEOUT=10000
  export HELPDESK_ENCRYPTION_KEY="the same for both"
  recorded "$folder/one" >"$folder/keys.json"
  serve "$folder/one" --now 2026-11-22T07:13:00Z
  first=$url
  serve "$folder/two" --now 2026-11-22T07:13:00Z
  hearing() { redis-cli -u "$HELPDESK_TEST_REDIS" pubsub numsub events | tail -n 1; }
  for _ in $(seq 600); do [ "$(hearing)" = 2 ] && break; sleep 0.1; done
  node scenario.mjs "$first,$url" "$folder/keys.json" "$shared/conformance/realtime.jsonl"
fi
