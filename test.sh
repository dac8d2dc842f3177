#!/usr/bin/env bash
# All tests, cheap ones first. Installs what they need where it is missing: Node packages, PostgreSQL, Python 3 and
# Node.js from the distribution. Everything runs in temp folders and on free ports, and is gone afterwards.
set -euo pipefail
cd "$(dirname "$0")"

say() { printf '\n== %s\n' "$*"; }
need() { # command, package of the distribution
  command -v "$1" >/dev/null && return
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || { echo "$1 is missing; install it first" >&2; exit 1; }
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$2" >/dev/null
}
need python3 python3
need node nodejs
need npm npm
need cc gcc
nextest() { # tests with cargo-nextest, or with cargo test where it is missing
  if cargo nextest --version >/dev/null 2>&1; then cargo nextest run "$@"; else cargo test "$@"; fi
}
export INSTA_UPDATE=no

say format
cargo fmt --all --check
say lints
cargo clippy --workspace --all-targets --quiet -- -D warnings
say tests
nextest --workspace
say "documentation tests"
cargo test --workspace --doc --quiet
say documentation
RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --quiet
say "recorded answers, SQLite"
cargo build --quiet -p helpdesk-server
python3 tests/conformance/run.py
say "API tests and recorded answers, PostgreSQL"
tests/with-postgres.sh bash -ec '
  if cargo nextest --version >/dev/null 2>&1; then run="cargo nextest run"; else run="cargo test"; fi
  $run -p helpdesk-tests --test api --test bad_input
  python3 tests/conformance/run.py --database "$HELPDESK_TEST_DATABASE"'
say "a Node client"
tests/clients/node/run.sh
say "licenses and sources"
if command -v cargo-deny >/dev/null; then cargo deny check bans licenses sources; else echo "skipped: cargo-deny is not installed"; fi
say done
