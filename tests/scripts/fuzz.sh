#!/usr/bin/env bash
# Feeds everything that Foray reads from others to it, changed at random, and prints what came of it, also into docs/reports/fuzz.txt.
#
# SECONDS_EACH=60 is shorter than the usual ten minutes, JOBS=2 runs two targets at a time, TARGETS="query xmp" runs these alone and
# leaves the others' lines as they were, and PICTURES="DIR..." names folders with more pictures to begin with. What is found by the way
# is kept in fuzz/target/corpus, and what fails in fuzz/artifacts: `fuzz/target/x86_64-unknown-linux-gnu/release/TARGET FILE` repeats it.
set -euo pipefail
cd "$(dirname "$0")/../.."

all=(query filter_json config decode exif xmp model_files onnx tokenize ingest backup export captions boxes)
read -ra targets <<<"${TARGETS:-${all[*]}}"
export CARGO_TARGET_DIR=$PWD/fuzz/target SECONDS_EACH=${SECONDS_EACH:-600} PICTURES=${PICTURES:-}
# Libraries and datasets are made for each input: in memory, where there is room for them.
if [ -z "${TMPDIR:-}" ] && [ -w /dev/shm ]; then export TMPDIR=/dev/shm; fi

rustc +nightly --version >/dev/null 2>&1 || { echo "skipped: fuzzing needs a nightly toolchain (rustup toolchain install nightly)"; exit 0; }
command -v cargo-fuzz >/dev/null || { echo "installing cargo-fuzz"; cargo install --locked cargo-fuzz; }
cargo +nightly fuzz build
host=$(rustc +nightly --version --verbose | sed -n 's/^host: //p')
export PROGRAMS=$CARGO_TARGET_DIR/$host/release ROWS=$CARGO_TARGET_DIR/rows LOGS=$CARGO_TARGET_DIR/logs
mkdir -p "$ROWS" "$LOGS"

# The longest input of a target, bytes.
max_len() {
  case $1 in
    decode | exif) echo 65536 ;;
    xmp | model_files | onnx | backup | export) echo 16384 ;;
    ingest | boxes) echo 8192 ;;
    filter_json | config | captions) echo 4096 ;;
    *) echo 2048 ;;
  esac
}

fuzz() {
  local target=$1 log=$LOGS/$1 found=fuzz/artifacts/$1 kept=$CARGO_TARGET_DIR/corpus/$1 begun=$SECONDS
  local corpora=("$kept" "fuzz/corpus/$target") options=() pictures=()
  mkdir -p "$found" "$kept"
  # What failed before is tried first.
  find "$found" -type f -exec mv {} "$kept" \;
  if [ "$target" = decode ] || [ "$target" = exif ]; then read -ra pictures <<<"$PICTURES"; fi
  if [ -f "fuzz/dictionaries/$target.dict" ]; then options+=("-dict=fuzz/dictionaries/$target.dict"); fi
  ASAN_OPTIONS=detect_odr_violation=0 "$PROGRAMS/$target" "${options[@]}" -max_total_time="$SECONDS_EACH" -rss_limit_mb=2048 -timeout=10 \
    -max_len="$(max_len "$target")" -print_final_stats=1 -artifact_prefix="$found/" "${corpora[@]}" "${pictures[@]}" >"$log" 2>&1 || true
  row "$target" "$((SECONDS - begun))" "$(find "$found" -type f | wc -l)" >"$ROWS/$target"
  echo "$target: done" >&2
}

stat() { sed -n "s/^stat::$2: *//p" "$1"; }

row() {
  local log=$LOGS/$1 last executions
  last=$(grep --text ' cov: ' "$log" | tail -1)
  executions=$(stat "$log" number_of_executed_units)
  columns "$1" "$2" "$executions" "$((executions / ($2 > 0 ? $2 : 1)))" "$(sed 's/.* cov: \([0-9]*\).*/\1/' <<<"$last")" \
    "$(sed 's#.* corp: \([0-9]*\).*#\1#' <<<"$last")" "$(stat "$log" peak_rss_mb)" "$3"
}

columns() { printf '%-12s %8s %12s %10s %8s %8s %9s %9s\n' "$@"; }

export -f fuzz max_len row stat columns
printf '%s\n' "${targets[@]}" | xargs -P "${JOBS:-1}" -I{} bash -c 'set -euo pipefail; fuzz {}'

mkdir -p docs/reports
{
  columns target seconds executions "per second" edges corpus "rss, MB" findings
  for target in "${all[@]}"; do
    if [ -f "$ROWS/$target" ]; then cat "$ROWS/$target"; fi
  done
} | tee docs/reports/fuzz.txt
# The last column counts what failed.
awk 'NR > 1 && $NF > 0 { failed = 1 } END { exit failed }' docs/reports/fuzz.txt
