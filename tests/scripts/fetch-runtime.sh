#!/usr/bin/env bash
# Puts the ONNX Runtime library into .runtime/, out of its Python package. Never fails: Foray runs without it, slower.
set -euo pipefail
cd "$(dirname "$0")/../.."

version=1.31.1 # the newest that was tested; Foray takes 1.22 to 1.32

found() { compgen -G ".runtime/libonnxruntime*" >/dev/null || compgen -G ".runtime/onnxruntime*.dll" >/dev/null; }
without() { echo "ONNX Runtime: $1; going on with rten, which is part of Foray (slower)"; exit 0; }

if found; then exit 0; fi
python3 -m pip --version >/dev/null 2>&1 || without "there is no pip to fetch it with"

package=$(mktemp -d)
trap 'rm -rf "$package"' EXIT
echo "ONNX Runtime: fetching $version"
python3 -m pip download "onnxruntime==$version" --no-deps --only-binary=:all: --quiet --dest "$package" \
  || without "it could not be fetched"
mkdir -p .runtime
python3 - "$package" <<'PYTHON' || without "its package could not be read"
import glob, pathlib, sys, zipfile

with zipfile.ZipFile(glob.glob(sys.argv[1] + "/*.whl")[0]) as package:
    for name in package.namelist():
        file = pathlib.PurePosixPath(name)
        library = file.parent.name == "capi" and "onnxruntime" in file.name and "providers" not in file.name \
            and any(part in file.name for part in (".so", ".dylib", ".dll")) and "pybind" not in file.name
        if library or file.name in ("LICENSE", "ThirdPartyNotices.txt"):
            target = pathlib.Path(".runtime") / file.name
            partial = target.with_suffix(target.suffix + ".part")
            partial.write_bytes(package.read(name))
            partial.rename(target)
PYTHON
found || without "its package holds no library for this system"
set -- .runtime/*onnxruntime*
echo "ONNX Runtime: ${1##*/}"
