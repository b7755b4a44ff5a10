#!/usr/bin/env bash
# Makes the built-in model anew: environment, features, training, export, figures. Hours on two cores.
# Usage: training/run.sh [DATA] [WORK]
set -euo pipefail
cd "$(dirname "$0")"

data=$(realpath "${1:-../../shared/data}")
work=$(realpath --canonicalize-missing "${2:-../target/training}")
mkdir -p "$work"
if ! cmp -s requirements.txt "$work/venv/requirements.txt"; then
  python3 -m venv "$work/venv"
  "$work/venv/bin/python" -m pip install --quiet --requirement requirements.txt
  cp requirements.txt "$work/venv/requirements.txt"
fi
python="$work/venv/bin/python -W ignore"
$python features.py "$data" "$work"
$python baseline.py "$data" "$work"
$python train.py "$data" "$work"
$python export.py "$work/final.pt" "$work/model" --fit squash
$python evaluate.py "$data" "$work/model" --present ../models/builtin/visual/model.onnx
