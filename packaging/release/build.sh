#!/usr/bin/env bash
# `make release`: the program that is given to others, target/dist/foray. The same sources and compiler make the same bytes in every
# folder and at any time: no path of this machine stands in it, and no date.
set -euo pipefail
cd "$(dirname "$0")/../.."

# Folders of the registry are there only when something was fetched into them.
cargo fetch --locked --quiet --target "$(rustc --version --verbose | sed -n "s/^host: //p")"
sources=${CARGO_HOME:-$HOME/.cargo}/registry/src
renamed=("$PWD=/foray" "$(rustc --print sysroot)=/rust")
for registry in "$sources"/*/; do renamed+=("${registry%/}=/crates"); done

rust=() c=()
for pair in "${renamed[@]}"; do
  rust+=("--remap-path-prefix=$pair")
  c+=("$(printf '%q' "-ffile-prefix-map=$pair")")
done
# What separates Rust's stands in no path; the C compiler's are read as a shell reads them.
CARGO_ENCODED_RUSTFLAGS=$(IFS=$'\x1f'; echo "${rust[*]}") CC_SHELL_ESCAPED_FLAGS=1 CFLAGS="${CFLAGS:-} ${c[*]}" \
  cargo build --locked --profile dist --workspace --bin foray
echo "target/dist/foray: $(stat --format=%s target/dist/foray) bytes"
