#!/usr/bin/env bash
# `make sanitize`: the tests of the modules that have unsafe code, under AddressSanitizer; printed to docs/reports/sanitizer.txt.
set -euo pipefail
cd "$(dirname "$0")/../.."

rustc +nightly --version >/dev/null 2>&1 || { echo "skipped: AddressSanitizer needs a nightly toolchain (rustup toolchain install nightly)"; exit 0; }
host=$(rustc +nightly --version --verbose | sed -n 's/^host: //p')
export CARGO_TARGET_DIR=$PWD/target/sanitize RUSTFLAGS=-Zsanitizer=address

# Programs that Cargo runs while it builds are not built for a target that is named, and so without the sanitizer.
tests() { cargo +nightly test --quiet --target "$host" --lib --package "$1" -- "${@:2}" 2>&1; }

report() {
  rustc +nightly --version
  echo "the search engine and its kernel:"
  tests foray-library engine::
  echo "the bindings of C libraries, and what decodes with them:"
  tests foray-embedding picture:: reduced_jpeg:: preview:: libheif:: c_library::
}
mkdir -p docs/reports
report | grep -vE '^(running 0 tests)?$' | tee target/sanitizer.txt
cp target/sanitizer.txt docs/reports/sanitizer.txt
