#!/usr/bin/env bash
# The vendors' own Python clients against the fault server, and our requests against their typed models:
# `run.sh PROGRAMME [FOLDER]`, where PROGRAMME is `divisi-vendors` and FOLDER holds requests (default: the providers).
# The last line counts. Where there is no Python or no network the tests are skipped, and it says so; never in CI.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
programme=$1
requests=${2:-$here/../../crates/providers/src}
venv="${XDG_CACHE_HOME:-$HOME/.cache}/divisi/sdk-venv"
. "$here/../venv.sh"

# Ends the run: a failure in CI, elsewhere a skip that nobody overlooks.
skip() {
  printf '\n!!! SDK TESTS SKIPPED: %s\n' "$1"
  if [ -n "${CI:-}" ]; then
    echo "sdk: 0 passed, 1 failed, 0 skipped"
    exit 1
  fi
  echo "sdk: 0 passed, 0 failed, 1 skipped"
  exit 0
}

made=0
make_venv "$venv" "$here/requirements.txt" || made=$?
case $made in
  0) ;;
  2) skip "$venv_fault" ;;
  *)
    echo "$venv_fault"
    echo "sdk: 0 passed, 1 failed, 0 skipped"
    exit 1
    ;;
esac

# Nothing of the environment reaches the clients: they would take keys, addresses and proxies from it.
exec env -i PATH="$PATH" HOME="$HOME" LANG=C.UTF-8 PYTHONDONTWRITEBYTECODE=1 "$venv/bin/python" "$here/main.py" "$programme" "$requests"
