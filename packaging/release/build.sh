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
  c+=("-ffile-prefix-map=$pair")
done
# Separated by what stands in no path.
CARGO_ENCODED_RUSTFLAGS=$(IFS=$'\x1f'; echo "${rust[*]}") CFLAGS="${CFLAGS:-} ${c[*]}" \
  cargo build --locked --profile dist --workspace --bin foray
echo "target/dist/foray: $(stat --format=%s target/dist/foray) bytes"
