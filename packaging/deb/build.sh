#!/usr/bin/env bash
# A Debian package into target/debian: the program, ONNX Runtime where it was fetched, manual, completions and service files.
#
# PROFILE=release builds faster than the default, dist.
set -euo pipefail
cd "$(dirname "$0")/../.."

profile=${PROFILE:-dist}
command -v cargo-deb >/dev/null || cargo install --locked cargo-deb
if [ "$profile" = dist ]; then
    bash packaging/release/build.sh
else
    cargo build --profile "$profile" --workspace --bin foray
fi
program=target/$profile/foray

files=target/deb-files
rm -rf "$files"
mkdir -p "$files/lib" "$files/units"
cp "$program" "$files/lib/foray"
"$program" man | gzip --best --no-name >"$files/foray.1.gz"
"$program" completions bash >"$files/foray.bash"
"$program" completions zsh >"$files/_foray"
"$program" completions fish >"$files/foray.fish"
for unit in packaging/systemd/*; do
    sed 's#/usr/local/bin/foray#/usr/bin/foray#' "$unit" >"$files/units/$(basename "$unit")"
done
# Beside the program, where it looks first; without it everything runs on rten.
if [ -d .runtime ]; then cp --no-dereference .runtime/libonnxruntime* "$files/lib/"; fi

# What stands in the package as the time of its files, so that the same commit makes the same package.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}
export SOURCE_DATE_EPOCH
cargo deb --no-build --no-strip --package foray --output target/debian/
