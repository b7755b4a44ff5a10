#!/usr/bin/env bash
# `make licences`, a part of `make test`: licences and sources of dependencies, and whether faults are known of them. Says what is skipped.
set -euo pipefail
cd "$(dirname "$0")/../.."

has() { cargo "$1" --version >/dev/null 2>&1; }

if has deny; then cargo deny check licenses bans sources; else echo "skipped: licences and sources need cargo-deny (cargo install cargo-deny)"; fi
if ! has audit; then
  echo "skipped: known faults need cargo-audit (cargo install cargo-audit)"
elif ! cargo audit; then
  # Its database is a repository on GitHub.
  if curl --silent --fail --max-time 10 --output /dev/null https://github.com/RustSec/advisory-db; then exit 1; fi
  echo "skipped: known faults need the network"
fi
