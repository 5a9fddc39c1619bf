#!/usr/bin/env bash
# All of `make test`: set up, format, lints, tidy, tests, programmes, the vendors' own clients. Every step runs even
# when one before it failed; the last line counts tests, and a failed step that is no test counts as one failed.
set -euo pipefail
cd "$(dirname "$0")/.."

export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/divisi/target}"

# Programmes of xtask that must pass: the name of the step, and its command line. The dev profile is optimised, so nothing is built twice.
TEST_PROGRAMMES=(
  "sim sim --seeds 2000"
  "gateway sim --gateway --seeds 150"
  "crash crash --kills 50 --tasks 200"
  "faults faults --small"
  "eval eval extractive"
)

logs="$CARGO_TARGET_DIR/test-logs"
rm -rf "$logs"
mkdir -p "$logs"
failed_steps=()
failed_others=0

# Runs a step, shows and keeps what it says.
step() {
  local name=$1
  shift
  printf '\n== %s\n' "$name"
  if "$@" 2>&1 | tee "$logs/$name.log"; then
    return 0
  fi
  failed_steps+=("$name")
  return 1
}

# A step whose failure no `test result:` line shows.
check() {
  step "$@" || failed_others=$((failed_others + 1))
}

# The sum of a column of the closing lines of all test runners: `test result: ok. 3 passed; 0 failed; 1 ignored; …`.
sum() {
  awk -v word="$1;" '/^test result:/ { for (i = 2; i <= NF; i++) if ($i == word) total += $(i - 1) } END { print total + 0 }' \
    "$logs/tests.log"
}

bash scripts/setup-test.sh
check format cargo fmt --all -- --check
check lints cargo clippy --workspace --all-targets --locked -- -D warnings
# All of the workspace at once, as the tests are built: another choice of packages would build the dependencies anew.
check build cargo build --workspace --bins --locked
check tidy "$CARGO_TARGET_DIR/debug/divisi-xtask" tidy

if ! step tests cargo test --workspace --locked --no-fail-fast && [ "$(sum failed)" -eq 0 ]; then
  failed_others=$((failed_others + 1)) # it did not build, or a runner died
elif [ "$(sum passed)" -eq 0 ]; then
  failed_steps+=("tests (none ran)")
  failed_others=$((failed_others + 1))
fi

if [ "${#TEST_PROGRAMMES[@]}" -ne 0 ]; then
  for programme in "${TEST_PROGRAMMES[@]}"; do
    read -ra words <<<"$programme"
    check "${words[0]}" "$CARGO_TARGET_DIR/debug/divisi-xtask" "${words[@]:1}"
  done
fi

# Software that is not ours: the vendors' own clients against our fault server, and their types against our requests.
check sdk bash scripts/sdk/run.sh "$CARGO_TARGET_DIR/debug/divisi-vendors"

printf '\n'
grep -E '^test .* FAILED$' "$logs/tests.log" || true
grep '^test result:' "$logs/tests.log" || true
[ "${#failed_steps[@]}" -eq 0 ] || echo "failed steps: ${failed_steps[*]}; what they said lies in $logs"
echo "$(sum passed) passed, $(($(sum failed) + failed_others)) failed, $(sum ignored) skipped"
[ "${#failed_steps[@]}" -eq 0 ]
