#!/usr/bin/env bash
# All tests, cheap ones first. Installs what they need where it is missing: Node packages, PostgreSQL, Redis, Python 3
# and Node.js from the distribution. Everything runs in temp folders and on free ports, and is gone afterwards.
set -euo pipefail
cd "$(dirname "$0")"

say() { printf '\n== %s (after %d:%02d)\n' "$*" $((SECONDS / 60)) $((SECONDS % 60)); }
need() { # command, package of the distribution
  if command -v "$1" >/dev/null; then return; fi
  install "$1" "$2"
}
install() {
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then echo "$1 is missing; install it first" >&2; exit 1; fi
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$2" >/dev/null
}
need cc gcc
need python3 python3
python3 -c 'import ensurepip' 2>/dev/null || install "Python's venv" python3-venv
need node nodejs
need npm npm

place=/dev/shm
[ -w "$place" ] || place=${TMPDIR:-/tmp}
HELPDESK_TEST_DIR=$(mktemp -d "$place/helpdesk-tests.XXXXXX")
export HELPDESK_TEST_DIR
trap 'rm -rf "$HELPDESK_TEST_DIR"' EXIT
# A changed snapshot is a failure, not a file to look at later.
export INSTA_UPDATE=no
binary=${CARGO_TARGET_DIR:-target}/debug/helpdesk
run="cargo test"
if cargo nextest --version >/dev/null 2>&1; then run="cargo nextest run"; fi
export binary run

say format
cargo fmt --all --check
say "deployment files"
deploy/check.sh
say lints
cargo clippy --workspace --all-targets --quiet -- -D warnings
say tests
$run --workspace --no-fail-fast
say "documentation tests"
cargo test --workspace --doc --quiet
say documentation
RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --quiet
say "recorded answers, SQLite"
cargo build --quiet -p helpdesk-server
python3 tests/conformance/run.py --binary "$binary"
say "the web client's recorded session"
python3 tests/conformance/spa.py --binary "$binary"
say "API tests and recorded answers, PostgreSQL"
tests/with-postgres.sh bash -ec '
  $run -p helpdesk-tests --test api --test bad_input --no-fail-fast
  $run -p helpdesk-server --test copy --no-fail-fast
  python3 tests/conformance/run.py --binary "$binary" --database "$HELPDESK_TEST_DATABASE"'
say "several servers, PostgreSQL and Redis"
tests/with-redis.sh tests/with-postgres.sh bash -ec '
  $run -p helpdesk-tests --test nodes --no-fail-fast -- --ignored
  $run -p helpdesk-server --test together --no-fail-fast -- --ignored'
say "a Node client"
tests/clients/node/run.sh "$binary"
say "the Socket.IO client, one server and two"
tests/with-redis.sh tests/with-postgres.sh tests/clients/socketio/run.sh "$binary"
say "the React hooks"
tests/clients/react/run.sh "$binary"
say "two Python clients"
tests/clients/python/run.sh "$binary"
say "licenses and sources"
if command -v cargo-deny >/dev/null; then
  cargo deny check bans licenses sources
else
  echo "skipped: cargo-deny is not installed"
fi
say done
