#!/usr/bin/env bash
# Software that is not ours, for `cargo xtask acceptance`: model servers, a proxy and a small model, in pinned versions.
# The last line is the Python that has them. `llama-cpp-python` is compiled: the first time takes ten minutes or more.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
venv="${XDG_CACHE_HOME:-$HOME/.cache}/divisi/acceptance-venv"
. "$here/../venv.sh"

make_venv "$venv" "$here/requirements.txt" || {
  echo "$venv_fault" >&2
  exit 1
}
echo "$venv/bin/python"
