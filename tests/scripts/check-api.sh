#!/usr/bin/env bash
# Asks a real server what its description allows, and what it does not, and checks every answer against the description.
set -euo pipefail
cd "$(dirname "$0")/../.."

check=tests/scripts/api-check
tools=target/api-check
if ! cmp --silent "$check/requirements.txt" "$tools/installed.txt"; then
  { rm -rf "$tools" && python3 -m venv "$tools" && "$tools/bin/pip" install --quiet --requirement "$check/requirements.txt"; } \
    >/dev/null 2>&1 || { echo "skipped: the check of the HTTP API needs pip and schemathesis from PyPI"; exit 0; }
  cp "$check/requirements.txt" "$tools/installed.txt"
fi
cargo build --quiet --workspace --bin foray
foray=target/debug/foray

sandbox=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$sandbox"' EXIT
export FORAY_LIBRARY=$sandbox/library XDG_CONFIG_HOME=$sandbox/config
unset FORAY_TOKEN
cp -r tests/samples "$sandbox/photos"
"$foray" index --quiet "$sandbox/photos" >/dev/null
"$foray" search --json -n 5 "a photo" | "$tools/bin/python" -c 'import json, sys; [print(json.dumps(hit["id"])) for hit in json.load(sys.stdin)["results"]]' \
  >"$tools/photos.txt"
"$foray" up "$sandbox/photos" --quiet --bind 127.0.0.1:0 >"$sandbox/said" 2>"$sandbox/log" &
server=$!
until url=$(grep --only-matching --max-count=1 'http://[0-9.:]*' "$sandbox/said"); do
  kill -0 "$server" 2>/dev/null || { cat "$sandbox/log" >&2; exit 1; }
  sleep 0.1
done

# Only feeding the library is done as its owner: folders that requests made up are to be watched by nobody.
export FORAY_PAGE_KEY=$(cat "$FORAY_LIBRARY/page.key")
"$tools/bin/schemathesis" --config-file "$check/schemathesis.toml" run "$url/api/v1/openapi.json" --wait-for-schema 20
kill -0 "$server" 2>/dev/null || { cat "$sandbox/log" >&2; echo "the server ended while it was checked" >&2; exit 1; }
echo "the HTTP API: as it is described"
