#!/usr/bin/env bash
# Runs a command with a private Redis server: in a temp folder, on a free port, gone afterwards.
# The command finds its URL in HELPDESK_TEST_REDIS. Installs Redis from the distribution where it is missing.
#
#   tests/with-redis.sh tests/with-postgres.sh cargo nextest run -p helpdesk-tests --test nodes -- --ignored
set -euo pipefail

if ! command -v redis-server >/dev/null; then
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "Redis is missing: install it (Debian: apt-get install redis-server)" >&2
    exit 1
  fi
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq redis-server >/dev/null
fi

folder=$(mktemp -d "${TMPDIR:-/tmp}/helpdesk-redis.XXXXXX")
server=
stop() {
  if [ -n "$server" ]; then kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; fi
  rm -rf "$folder"
}
trap stop EXIT

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
redis-server --bind 127.0.0.1 --port "$port" --dir "$folder" --save '' --appendonly no >"$folder/log" 2>&1 &
server=$!
for _ in $(seq 100); do
  if redis-cli -p "$port" ping >/dev/null 2>&1; then break; fi
  if ! kill -0 "$server" 2>/dev/null; then cat "$folder/log" >&2; exit 1; fi
  sleep 0.1
done
export HELPDESK_TEST_REDIS="redis://127.0.0.1:$port"
"$@"
