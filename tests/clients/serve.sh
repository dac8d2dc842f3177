# To be sourced: a temp folder ($folder) and servers of $binary in it, all gone at the end of the script.
#   serve SITE [OPTION...]   serves the folder SITE; sets $url and $server, or ends the script with the server's log
#   stop                     ends the servers that were begun

folder=$(mktemp -d "${TMPDIR:-/tmp}/helpdesk-clients.XXXXXX")
servers=()
stop() {
  for server in ${servers[@]+"${servers[@]}"}; do kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; done
  servers=()
}
trap 'stop; rm -rf "$folder"' EXIT

serve() {
  local out="$folder/out${#servers[@]}"
  : >"$out"
  "$binary" --site "$1" serve --listen 127.0.0.1:0 "${@:2}" >"$out" 2>"$folder/log" &
  server=$!
  servers+=("$server")
  for _ in $(seq 1800); do grep -q "^Helpdesk listens" "$out" && break; kill -0 "$server" 2>/dev/null || break; sleep 0.1; done
  url=$(sed -n 's/^Helpdesk listens on \(http[^ ]*\).*/\1/p' "$out")
  [ -n "$url" ] || { cat "$folder/log" >&2; exit 1; }
}
