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
[ $# -gt 0 ] || set -- embed index search
for bench in "$@"; do
  cargo run --release --quiet --package foray-tests --bin "bench_$bench"
done
