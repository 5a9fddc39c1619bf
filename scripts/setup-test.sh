#!/usr/bin/env bash
# What `make test` needs besides Rust: a C compiler for the bundled SQLite, and documents that other people wrote for
# the evaluation of the offline provider. Root gets them through apt; everybody else is told what to install.
set -euo pipefail

# Debian package, and a file of it that is used. A package without its file counts as missing: slim images install
# packages and leave their documents out.
needed=(
  "gcc /usr/bin/gcc"
  "libc6-dev /usr/include/stdio.h"
  "git /usr/bin/git"
  "make /usr/bin/make"
  "base-files /usr/share/common-licenses/GPL-3"
  "debian-policy /usr/share/doc/debian-policy/policy.txt.gz"
  "git-doc /usr/share/doc/git/html/git-rebase.html"
  "postgresql-doc-15 /usr/share/doc/postgresql-doc-15/html/index.html"
  "iso-codes /usr/share/iso-codes/json/iso_3166-1.json"
  "distro-info-data /usr/share/distro-info/debian.csv"
)

missing_packages() {
  local entry
  for entry in "${needed[@]}"; do
    [ -e "${entry#* }" ] || printf '%s\n' "${entry%% *}"
  done
}

if ! command -v cargo >/dev/null; then
  echo "Rust is missing: install it from https://rustup.rs, then run this again." >&2
  exit 1
fi

mapfile -t missing < <(missing_packages)
[ "${#missing[@]}" -eq 0 ] && exit 0

if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
  echo "These are missing: ${missing[*]}" >&2
  echo "On Debian: sudo apt-get install --no-install-recommends ${missing[*]}" >&2
  exit 1
fi

export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -qq -y --no-install-recommends --reinstall \
  -o Dpkg::Options::="--path-include=/usr/share/doc/*" "${missing[@]}"

mapfile -t missing < <(missing_packages)
if [ "${#missing[@]}" -ne 0 ]; then
  echo "Installed, and yet their files are not where they are expected: ${missing[*]}" >&2
  exit 1
fi
