#!/usr/bin/env bash
# `make build PROFILE=dist`: the binary that many run. The compiler arranges it by what a first build of it did: a program
# that counts is built, works on tasks over sockets and on documents, and its counts go into the second build.
set -euo pipefail
cd "$(dirname "$0")/.."

target="${CARGO_TARGET_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/divisi/target}"
mkdir -p "$target"
target=$(cd "$target" && pwd)
host=$(rustc -vV | sed -n 's/^host: //p')
# Only the compiler's own version reads its counts.
merge="${LLVM_PROFDATA:-$(rustc --print sysroot)/lib/rustlib/$host/bin/llvm-profdata}"

if [ ! -x "$merge" ]; then
  echo "Not built: $merge is missing, which reads what the first build counts. Install it (rustup component add" \
    "llvm-tools), name one of the same LLVM ($(rustc -vV | sed -n 's/^LLVM version: //p')) in LLVM_PROFDATA, or do" \
    "without (make build)." >&2
  exit 1
fi

# A folder that stays: what cargo built in it before is used again, and crates that did not change keep the counts of the
# last time. Remove it to count for all anew.
work="$target/profiled"
counts="$work/counts"
rm -rf "$counts" "$work/data" "$work/merged.profdata"
mkdir -p "$counts"

# With `--target`, programs that only the build runs count nothing.
build() {
  CARGO_TARGET_DIR="$work" CARGO_ENCODED_RUSTFLAGS="$1" cargo build --locked --profile dist --package divisi-cli --target "$host"
}
# A file for each process: those that are killed, or may not write, leave a broken one.
divisi() {
  LLVM_PROFILE_FILE="$counts/%p-%m.profraw" "$work/$host/dist/divisi" --data-dir "$work/data" "$@"
}

echo "1 of 3: a build that counts what it does"
build "-Cprofile-generate=$counts"

echo "2 of 3: tasks over sockets and on documents"
divisi bench gateway --only gateway-tasks
divisi bench engine --only tasks-64
documents=(README.md CHANGELOG.md docs/*.md)
divisi run "What is never lost, and what is never run again?" --provider extractive "${documents[@]/#/--file=}" >/dev/null
"$merge" merge --failure-mode=all --output "$work/merged.profdata" "$counts"

echo "3 of 3: the build that is arranged by it"
build "-Cprofile-use=$work/merged.profdata"
mkdir -p "$target/dist"
install -m 755 "$work/$host/dist/divisi" "$target/dist/divisi"
rm -rf "$counts" "$work/data"
echo "built: $target/dist/divisi"
