# Sourced: Python environments of pinned versions, kept in the user's cache folder.

python_makes_venvs() {
  python3 -c 'import ensurepip, venv' 2>/dev/null
}

# `make_venv FOLDER REQUIREMENTS`: the folder is an environment of exactly these versions; it is made where it is not there
# yet. It fails with 1 where it could be had and could not be made, with 2 where it cannot be had here; `venv_fault` says why.
make_venv() {
  local venv=$1 wanted=$2 fresh offline
  venv_fault=
  if ! python_makes_venvs && [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends python3-venv || true
  fi
  if ! python_makes_venvs; then
    venv_fault="python3 with venv is missing (on Debian: sudo apt-get install python3-venv)"
    return 2
  fi
  if cmp -s "$wanted" "$venv/installed.txt" && "$venv/bin/python" -c '' 2>/dev/null; then
    return 0
  fi
  # Made aside and moved, so that a run that was interrupted leaves nothing half made; a moved venv is used by `python` only.
  echo "making $venv"
  mkdir -p "$(dirname "$venv")"
  fresh=$(mktemp -d "$venv.XXXXXX")
  # shellcheck disable=SC2064 # the name as it is now: it is a local one
  trap "rm -rf '$fresh'" EXIT
  if ! python3 -m venv "$fresh" ||
    ! "$fresh/bin/python" -m pip install --quiet --retries 3 --no-input --disable-pip-version-check --requirement "$wanted" 2>&1 | tee "$fresh/pip.log"; then
    offline='NewConnectionError|Name or service not known|name resolution|Network is unreachable|ConnectTimeout|Max retries exceeded'
    if grep -qE "$offline" "$fresh/pip.log"; then
      venv_fault="what is needed cannot be installed: no network"
      return 2
    fi
    venv_fault="what is needed cannot be installed: see above"
    return 1
  fi
  cp "$wanted" "$fresh/installed.txt"
  rm -rf "$venv"
  mv "$fresh" "$venv"
  trap - EXIT
}
