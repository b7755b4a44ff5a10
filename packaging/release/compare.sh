#!/usr/bin/env bash
# `make reproducible`: builds the last commit twice, in two folders, packages both, and compares; printed to docs/reports/release.txt.
set -euo pipefail
cd "$(dirname "$0")/../.."

begin=target/reproducible
rm -rf "$begin"
commit=$(git rev-parse HEAD)
folders=("$begin/one" "$begin/another/and deeper")
for folder in "${folders[@]}"; do
  git clone --quiet . "$folder"
  git -C "$folder" checkout --quiet "$commit"
  if [ -d .runtime ]; then cp --recursive --no-dereference .runtime "$folder"; fi
  (cd "$folder" && bash packaging/deb/build.sh)
done

row() { printf '%-24s %10s  %.16s  %s\n' "$@"; }
same=yes
report() {
  rustc --version
  row file bytes SHA-256 "the same from both folders"
  for file in dist/foray debian/foray_*.deb; do
    local one another answer=yes
    one=$(echo "${folders[0]}"/target/$file) another=$(echo "${folders[1]}"/target/$file)
    cmp --silent "$one" "$another" || { answer=no; same=no; }
    row "$(basename "$one")" "$(stat --format=%s "$one")" "$(sha256sum <"$one")" "$answer"
  done
}
mkdir -p docs/reports
report >docs/reports/release.txt
cat docs/reports/release.txt
[ "$same" = yes ]
