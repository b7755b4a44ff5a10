#!/usr/bin/env bash
# Embeds on an NVIDIA GPU through CUDA against PyTorch on the same GPU, and indexes large JPEGs; skipped where there is none.
set -euo pipefail
cd "$(dirname "$0")/../.."

if ! nvidia-smi --list-gpus 2>/dev/null | grep -q GPU; then
  echo "skipped: gpu-proof needs an NVIDIA GPU and its driver"
  exit 0
fi
venv=target/gpu-venv
work=target/gpu-proof
wanted=tests/benches/gpu-requirements.txt
if ! cmp -s "$wanted" "$venv/requirements.txt"; then
  python3 -m venv "$venv"
  "$venv/bin/python" -m pip install --quiet --requirement "$wanted"
  cp "$wanted" "$venv/requirements.txt"
fi
"$venv/bin/python" tests/benches/gpu_model.py "$work/model" "$work/photos" tests/samples
packages=$("$venv/bin/python" -c 'import site; print(site.getsitepackages()[0])')
# CUDA and cuDNN come with PyTorch's packages; a system's own go before them.
LD_LIBRARY_PATH="${LD_LIBRARY_PATH:-}:$(find "$packages/nvidia" -type d -name lib | paste -sd:)"
export LD_LIBRARY_PATH
export FORAY_BENCH_PYTHON="$PWD/$venv/bin/python"
ORT_DYLIB_PATH=$(find "$packages/onnxruntime/capi" -name 'libonnxruntime.so*' | head -n 1)
export ORT_DYLIB_PATH
cargo run --release --quiet --package foray-tests --bin gpu_proof -- "$work"
