#!/usr/bin/env bash
# Print a folder that holds a Node.js new enough for the dashboard's build; where the system has none, a Python wheel brings one.
set -euo pipefail
cd "$(dirname "$0")/.."
new_enough() { "$1" -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 22 || (a == 22 && b >= 12) || (a == 20 && b >= 19) ? 0 : 1)' 2>/dev/null; }
for node in .venv/bin/node "$(command -v node || true)"; do
  if [ -n "$node" ] && [ -x "$node" ] && [ -x "$(dirname "$node")/npm" ] && new_enough "$node"; then
    (cd "$(dirname "$node")" && pwd)
    exit 0
  fi
done
echo "No Node.js 20.19 or 22.12 here: bringing one into .venv …" >&2
.venv/bin/pip install --quiet --only-binary :all: --require-hashes -r requirements-node.lock >&2
(cd .venv/bin && pwd)
