#!/usr/bin/env bash
# Runs the benches (all, or those named), each against its peer in the same run; the peers live in target/bench-venv.
set -euo pipefail
cd "$(dirname "$0")/../.."

venv=target/bench-venv
wanted=tests/benches/requirements.txt
if ! cmp -s "$wanted" "$venv/requirements.txt"; then
  python3 -m venv "$venv"
  "$venv/bin/python" -m pip install --quiet --requirement "$wanted"
  cp "$wanted" "$venv/requirements.txt"
fi
export FORAY_BENCH_PYTHON="$PWD/$venv/bin/python"
[ $# -gt 0 ] || set -- embed index search serve page
if [[ " $* " == *" serve "* ]]; then
  tools=target/bench-tools
  # The newest when the bench was written.
  [ -x "$tools/bin/oha" ] || cargo install --quiet --locked --root "$tools" oha@1.16.0
  export FORAY_BENCH_OHA="$PWD/$tools/bin/oha"
fi
for bench in "$@"; do
  if [ "$bench" = page ]; then bash tests/scripts/check-browser.sh bench; continue; fi
  cargo build --release --quiet --workspace --bin foray --bin "bench_$bench"
  "target/release/bench_$bench"
done
