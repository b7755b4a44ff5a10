#!/usr/bin/env bash
# `make soak`: breaks things over the real program (release build) and keeps what that printed in docs/reports.
# FAULTS names some of the faults; FORAY_KILLS says how often programs are killed.
set -euo pipefail
cd "$(dirname "$0")/../.."
cargo build --release --quiet --workspace --bin foray --bin soak

# Jumps of the clock need libfaketime: the system's, or the package unpacked here where apt can fetch it.
if [ -z "${FORAY_FAKETIME:-}" ] && ! ls /usr/lib/*/faketime/libfaketime.so.1 >/dev/null 2>&1 && command -v apt-get >/dev/null; then
  folder=target/faketime
  if [ ! -d "$folder" ]; then
    mkdir -p "$folder.new"
    (cd "$folder.new" && apt-get download --quiet libfaketime >/dev/null 2>&1 && dpkg -x libfaketime_*.deb .) || true
    mv "$folder.new" "$folder"
  fi
  FORAY_FAKETIME=$(find "$PWD/$folder" -name libfaketime.so.1 | head -1)
  export FORAY_FAKETIME
fi

mkdir -p docs/reports
# What tests say of themselves (skipped: …) goes to the terminal alone.
# shellcheck disable=SC2086 # each fault is a word
target/release/soak ${FAULTS:-} | tee target/soak.txt
if [ -z "${FAULTS:-}" ]; then cp target/soak.txt docs/reports/soak.txt; fi
