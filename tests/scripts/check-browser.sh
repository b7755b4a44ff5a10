#!/usr/bin/env bash
# The web page in a real browser, over the real program with real photos. Installs Chromium where it is missing and that is possible.
set -euo pipefail
cd "$(dirname "$0")/../.."

browser() { command -v chromium || command -v chromium-browser || command -v google-chrome || command -v google-chrome-stable; }
if ! browser >/dev/null && command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
  { apt-get update -qq && apt-get install -qq -y --no-install-recommends chromium fonts-liberation; } >/dev/null 2>&1 || true
fi
if ! command -v npm >/dev/null || ! browser >/dev/null; then
  echo "skipped: the tests in a browser need npm and Chromium (on Debian: apt-get install npm chromium)"
  exit 0
fi
export CHROMIUM=${CHROMIUM:-$(browser)}
cargo build --quiet --workspace --bin foray
cd web-ui
[ -d node_modules ] || npm ci --no-audit --no-fund --loglevel=error || { echo "skipped: npm could not fetch the web page's packages"; exit 0; }
case ${1:-test} in
  test) npm run --silent test:browser ;;
  screenshots | bench) npm run --silent "$1" ;;
  *) echo "usage: $0 [test|screenshots|bench]" >&2; exit 2 ;;
esac
