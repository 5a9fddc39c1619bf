#!/usr/bin/env bash
# The vendors' own Python clients against the fault server, and our requests against their typed models:
# `run.sh PROGRAMME [FOLDER]`, where PROGRAMME is `divisi-vendors` and FOLDER holds requests (default: the providers).
# The last line counts. Where there is no Python or no network the tests are skipped, and it says so; never in CI.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
programme=$1
requests=${2:-$here/../../crates/providers/src}
venv="${XDG_CACHE_HOME:-$HOME/.cache}/divisi/sdk-venv"
wanted="$here/requirements.txt"

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

python_makes_venvs() {
  python3 -c 'import ensurepip, venv' 2>/dev/null
}

if ! python_makes_venvs && [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends python3-venv || true
fi
python_makes_venvs || skip "python3 with venv is missing (on Debian: sudo apt-get install python3-venv)"

# Made aside and moved, so that a run that was interrupted leaves nothing half made; a moved venv is used by `python` only.
if ! cmp -s "$wanted" "$venv/installed.txt" || ! "$venv/bin/python" -c '' 2>/dev/null; then
  echo "making $venv"
  mkdir -p "$(dirname "$venv")"
  fresh=$(mktemp -d "$venv.XXXXXX")
  trap 'rm -rf "$fresh"' EXIT
  python3 -m venv "$fresh"
  if ! "$fresh/bin/python" -m pip install --quiet --retries 3 --no-input --disable-pip-version-check --requirement "$wanted" 2>&1 | tee "$fresh/pip.log"; then
    offline='NewConnectionError|Name or service not known|name resolution|Network is unreachable|ConnectTimeout|Max retries exceeded'
    if grep -qE "$offline" "$fresh/pip.log"; then
      skip "the vendors' clients cannot be installed: no network"
    fi
    echo "the vendors' clients cannot be installed: see above"
    echo "sdk: 0 passed, 1 failed, 0 skipped"
    exit 1
  fi
  cp "$wanted" "$fresh/installed.txt"
  rm -rf "$venv"
  mv "$fresh" "$venv"
  trap - EXIT
fi

# Nothing of the environment reaches the clients: they would take keys, addresses and proxies from it.
exec env -i PATH="$PATH" HOME="$HOME" LANG=C.UTF-8 PYTHONDONTWRITEBYTECODE=1 "$venv/bin/python" "$here/main.py" "$programme" "$requests"
