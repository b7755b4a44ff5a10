#!/usr/bin/env bash
# The main job on the bundled photographs, or on those in DIR: set up, index, search, list the unusual, serve.
set -euo pipefail
cd "$(dirname "$0")/../.."

photos=${DIR:-tests/samples}
photos=${photos/#\~/$HOME}
export FORAY_LIBRARY=$PWD/demo-library
foray=target/release/foray

need() { command -v "$1" >/dev/null 2>&1 || { echo "$2" >&2; exit 1; }; }
need cargo "Foray is built with Rust: install it from https://rustup.rs, then run make demo again."
need cc "Rust needs a C compiler to link with: install gcc or clang (Debian: apt install gcc), then run make demo again."
[ -d "$photos" ] || { echo "There is no folder $photos; give another with make demo DIR=..." >&2; exit 1; }

# Lines of "score<TAB>path" as a table.
table() {
  awk -F '\t' -v folder="$(cd "$photos" && pwd)/" '
    { path = $2; if (index(path, folder) == 1) path = substr(path, length(folder) + 1)
      printf "  %7.4f  %s\n", $1, path }'
}

show() { # show TITLE COMMAND...: a title and what the command finds
  printf '\n%s\n  %7s  %s\n' "$1" score photo
  shift
  "$foray" "$@" | table
}

bash tests/scripts/fetch-runtime.sh
echo "Building Foray (the first time takes some minutes)"
cargo build --release --quiet --package foray

echo "Indexing $photos"
"$foray" index "$photos"
if [ -n "${DIR:-}" ]; then
  searches=("a dog" "mushroom on tree bark" "people at a table")
else
  searches=("a cat" "a cup of coffee" "a bridge at night")
fi
for query in "${searches[@]}"; do
  show "foray search \"$query\"" search "$query" -n 3
done
show "foray unusual" unusual -n 5

[ -z "${DEMO_ONCE:-}" ] || exit 0
echo
port=7878
if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then port=0; fi # another program is there: take any free port
exec "$foray" up "$photos" --bind "127.0.0.1:$port"
