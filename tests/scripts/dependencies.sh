#!/usr/bin/env bash
# `make dependencies`: how many crates the program stands on and under which licences, whether faults are known of them, and a
# bill of materials (CycloneDX) in target/sbom. The counts are kept in docs/reports/dependencies.txt.
set -euo pipefail
cd "$(dirname "$0")/../.."

has() { cargo "$1" --version >/dev/null 2>&1; }

# Of the program that is built for this system; `--edges normal` leaves out what only builds or tests it.
report() {
  local crates
  crates=$(cargo tree --package foray --edges normal --prefix none --no-dedupe --format '{p}|{l}' | grep -v '(/' | sort -u)
  echo "$(wc -l <<<"$crates") crates in the program ($(rustc -vV | sed -n 's/host: //p'))"
  echo
  cut -d'|' -f2 <<<"$crates" | sed 's/^$/not said/' | sort | uniq -c | sort -rn
}

mkdir -p docs/reports
report | tee docs/reports/dependencies.txt

echo
bash tests/scripts/check-dependencies.sh
if has cyclonedx; then
  mkdir -p target/sbom
  cargo cyclonedx --quiet --format json --override-filename foray.cdx
  mv cli/foray.cdx.json target/sbom/
  find . -name foray.cdx.json -not -path './target/*' -delete
  echo "bill of materials: target/sbom/foray.cdx.json, $(grep -c '"type": "library"' target/sbom/foray.cdx.json) components"
else
  echo "skipped: the bill of materials needs cargo-cyclonedx (cargo install cargo-cyclonedx)"
fi
