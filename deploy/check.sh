#!/usr/bin/env bash
# Checks what lies here, with what the machine has: the unit by systemd-analyze, the compose file by docker compose; both
# against the settings there are. What is not installed is said and skipped.
set -euo pipefail
cd "$(dirname "$0")"
work=$(mktemp -d "${TMPDIR:-/tmp}/helpdesk-deploy.XXXXXX")
trap 'rm -rf "$work"' EXIT

# Every HELPDESK_… names a setting, or the site's folder.
for name in $(grep -hoE 'HELPDESK_[A-Z_]+' compose.yaml helpdesk.service Dockerfile | sort -u); do
  setting=$(tr '[:upper:]' '[:lower:]' <<<"${name#HELPDESK_}")
  case $setting in site) continue ;; esac
  grep -qE "^ +pub $setting: " ../helpdesk-core/src/config.rs ||
    { echo "$name is no setting" >&2; exit 1; }
done

# Every secret the compose file asks for is in env.example.
for name in $(grep -oE '\$\{[A-Z_]+' compose.yaml | tr -d '${' | sort -u); do
  grep -q "^$name=" env.example || { echo "$name is not in env.example" >&2; exit 1; }
done

if command -v systemd-analyze >/dev/null; then
  # The program need not be installed for that; the user is made by the installation.
  sed 's|^ExecStart=[^ ]*|ExecStart=/bin/true|' helpdesk.service >"$work/helpdesk.service"
  said=$(systemd-analyze verify --man=no "$work/helpdesk.service" 2>&1) || { echo "$said" >&2; exit 1; }
  if grep -q 'helpdesk.service' <<<"$said"; then echo "$said" >&2; exit 1; fi
else
  echo "the unit: skipped, there is no systemd-analyze"
fi

if docker compose version >/dev/null 2>&1; then
  sed 's/=$/=x/' env.example >"$work/env"
  docker compose --env-file "$work/env" -f compose.yaml config --quiet
else
  echo "the compose file: skipped, there is no docker compose"
fi
