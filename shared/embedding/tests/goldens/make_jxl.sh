#!/usr/bin/env bash
# Makes cat.jxl, a small JPEG XL file, out of cat.jpg. Needs libjxl-tools and imagemagick.
set -euo pipefail
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
convert cat.jpg -resize 120x -strip "$work/cat.png"
cjxl "$work/cat.png" cat.jxl --distance=2 --effort=7 --container=1 --quiet
