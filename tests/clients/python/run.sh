#!/usr/bin/env bash
# Serves a demonstration site from a temp folder and runs the tests of two Python clients against it, as they were
# published: frappectl's live smoke tests with the Administrator's API key, pyfrappeclient's own with the password.
#   tests/clients/python/run.sh [path of the helpdesk binary]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
binary=$(realpath "${1:-$here/../../../target/debug/helpdesk}")

# The packages stay for the next run; a change of their versions makes a new folder.
sum=$(sha256sum <"$here/requirements.txt" | cut -c1-12)
packages="${XDG_CACHE_HOME:-$HOME/.cache}/helpdesk-tests/python-$sum"
if [ ! -f "$packages/complete" ]; then
  rm -rf "$packages"
  mkdir -p "$packages/sources"
  python3 -m venv "$packages/venv"
  "$packages/venv/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt"
  # frappectl's tests are in its source distribution alone.
  "$packages/venv/bin/pip" download --quiet --disable-pip-version-check --no-deps --no-binary frappectl \
    -d "$packages/sources" "$(grep '^frappectl==' "$here/requirements.txt")"
  tar xzf "$packages"/sources/frappectl-*.tar.gz -C "$packages/sources" --strip-components 1
  touch "$packages/complete"
fi

. "$here/../serve.sh"
serve "$folder/site" --demo
key=$("$binary" --site "$folder/site" api-key Administrator)
password=$(python3 -c 'import secrets; print(secrets.token_hex(12))')
"$binary" --site "$folder/site" set-password Administrator <<<"$password"

export FRAPPE_SITE=$url FRAPPE_API_KEY=${key%%:*} FRAPPE_API_SECRET=${key##*:}
export HELPDESK_PASSWORD=$password
export HOME=$folder NO_PROXY=127.0.0.1 no_proxy=127.0.0.1
"$packages/venv/bin/python" -m pytest -q -p no:cacheprovider "$packages/sources/tests/integration"
"$packages/venv/bin/python" -m pytest -q -p no:cacheprovider "$here/test_pyfrappeclient.py"
