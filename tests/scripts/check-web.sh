#!/usr/bin/env bash
# Checks the web page's code, and that web-ui/dist is what it builds to. Says so where npm is missing.
set -euo pipefail
cd "$(dirname "$0")/../../web-ui"

if ! command -v npm >/dev/null 2>&1; then
  echo "skipped: the check of the web page needs npm"
  exit 0
fi
npm ci --no-audit --no-fund --loglevel=error || { echo "skipped: npm could not fetch the web page's packages"; exit 0; }
npm run --silent check
npm test --silent
fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT
npx vite build --outDir "$fresh" --emptyOutDir --logLevel error
diff -r dist "$fresh" || { echo "web-ui/dist is not current: run make web and commit it" >&2; exit 1; }
echo "the web page: checked, tested, and web-ui/dist is current"
