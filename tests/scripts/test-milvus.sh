#!/usr/bin/env bash
# The library on Milvus against a real server: Milvus Lite in a virtual environment of its own, on a free port of this machine.
#
# What Milvus Lite lacks is skipped by name: TLS, users, real clusters (docs/milvus.md, section 5).
set -euo pipefail
cd "$(dirname "$0")/../.."

venv=target/milvus-venv
if [ ! -x "$venv/bin/moto_server" ]; then
    python3 -m venv "$venv" || { echo "python3 with venv is needed (Debian: apt install python3-venv)" >&2; exit 1; }
    # 3.2.2 is the server that docs/milvus.md was measured with; it asks for pymilvus, of which 3.0.2 goes with it.
    # Moto's server speaks the protocol of S3, as an object store for previews.
    "$venv/bin/pip" install --quiet milvus-lite==3.2.2 pymilvus==3.0.2 "moto[server]==5.2.5"
fi

features=foray/milvus,foray-tests/milvus
cargo clippy --workspace --all-targets --features "$features" -- --deny warnings
cargo build --workspace --bin foray --features "$features"
cargo test --workspace --features "$features" --no-run --test store_contract --test past_one_machine

data=$(mktemp -d)
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
# One worker: with several, concurrent writers lose acknowledged rows (docs/milvus.md, section 0).
"$venv/bin/milvus-lite" server --data-dir "$data" --host 127.0.0.1 --port "$port" --max-workers 1 \
    </dev/null >"$data/server.log" 2>&1 &
server=$!
trap 'kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; rm -rf "$data"' EXIT

export FORAY_TEST_MILVUS="127.0.0.1:$port" FORAY_TEST_MILVUS_LITE="$PWD/$venv/bin/milvus-lite"
cargo test --workspace --features "$features" --test store_contract --test past_one_machine -- "$@"
echo "skipped, for Milvus Lite has none of it: TLS, users and passwords, several query nodes"
