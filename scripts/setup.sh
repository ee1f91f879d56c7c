#!/bin/sh
# Find a Python that is new enough and let it do the set-up: sh scripts/setup.sh run|test
set -u
here=$(dirname "$0")
for python in "${PYTHON:-}" python3.11 python3.12 python3.13 python3.14 python3 python; do
  [ -n "$python" ] || continue
  if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    exec "$python" "$here/setup.py" "$@"
  fi
done
echo "set-up: no Python 3.11 or newer was found (found: $(python3 --version 2>&1 || echo none))." >&2
echo "  What to do: install one (Debian, Ubuntu: sudo apt-get install python3.11 python3.11-venv python3.11-dev)," >&2
echo "  or name one: make run PYTHON=/path/to/python3.11" >&2
exit 1
