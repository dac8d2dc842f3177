# To be sourced: a temp folder ($folder) and a server of $binary in it, both gone at the end of the script.
#   serve SITE [OPTION...]   serves the folder SITE; sets $url and $server, or ends the script with the server's log
#   stop                     ends that server

folder=$(mktemp -d "${TMPDIR:-/tmp}/helpdesk-clients.XXXXXX")
server=
stop() { [ -z "$server" ] || { kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; server=; }; }
trap 'stop; rm -rf "$folder"' EXIT

serve() {
  : >"$folder/out"
  "$binary" --site "$1" serve --listen 127.0.0.1:0 "${@:2}" >"$folder/out" 2>"$folder/log" &
  server=$!
  for _ in $(seq 1800); do grep -q "^Helpdesk listens" "$folder/out" && break; kill -0 "$server" 2>/dev/null || break; sleep 0.1; done
  url=$(sed -n 's/^Helpdesk listens on \(http[^ ]*\).*/\1/p' "$folder/out")
  [ -n "$url" ] || { cat "$folder/log" >&2; exit 1; }
}
