//! The build for many (`scripts/dist.sh`) builds twice, with work between, or says what is missing. Cargo, the compiler and
//! the program are played by scripts.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up has failed")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

const DIST: &str = include_str!("../../../scripts/dist.sh");

/// Says what it is asked, and leaves a program that does so too; that fails at `bench` where a file says so.
const CARGO: &str = r##"#!/bin/bash
echo "cargo $* | $CARGO_ENCODED_RUSTFLAGS" >>"$SAID"
program="$CARGO_TARGET_DIR/machine/dist/divisi"
mkdir -p "$(dirname "$program")"
cat >"$program" <<'PROGRAM'
#!/bin/bash
echo "divisi $*" >>"$SAID"
[ ! -e broken ] || exit 1
PROGRAM
echo "# ${CARGO_ENCODED_RUSTFLAGS%%=*}" >>"$program"
chmod +x "$program"
"##;
const COMPILER: &str = r#"#!/bin/bash
case "$1" in
-vV) printf 'host: machine\nLLVM version: 99.1\n' ;;
*) echo "$PWD/compiler" ;;
esac
"#;
const MERGE: &str = "#!/bin/bash\necho \"merge $*\" >>\"$SAID\"\n";

/// A tree in which everything is played.
fn tree() -> TempDir {
    // With a blank in its path, as homes may have.
    let folder = tempfile::Builder::new().prefix("a tree").tempdir().unwrap();
    let root = folder.path();
    write(&root.join("scripts/dist.sh"), DIST);
    write(&root.join("bin/cargo"), CARGO);
    write(&root.join("bin/rustc"), COMPILER);
    write(&root.join("compiler/lib/rustlib/machine/bin/llvm-profdata"), MERGE);
    for document in ["README.md", "CHANGELOG.md", "docs/one.md"] {
        write(&root.join(document), "text");
    }
    folder
}

fn dist(root: &Path) -> Output {
    let start = "PATH=\"$PWD/bin:$PATH\" CARGO_TARGET_DIR=\"$PWD/target\" SAID=\"$PWD/said\" exec bash scripts/dist.sh";
    Command::new("bash").args(["-c", start]).env_remove("LLVM_PROFDATA").current_dir(root).output().unwrap()
}

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn what_was_counted_goes_into_the_second_build() {
    let tree = tree();
    let root = tree.path();
    let output = dist(root);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let work = root.join("target/profiled");
    let work = work.display();
    let said = fs::read_to_string(root.join("said")).unwrap();
    let steps: Vec<&str> = said.lines().collect();
    let (first, last) = (steps.first().unwrap(), steps.last().unwrap());
    assert!(first.ends_with(&format!("| -Cprofile-generate={work}/counts")), "{said}");
    assert!(steps[1].contains("bench gateway --only gateway-tasks"), "{said}");
    assert!(steps[2].contains("bench engine --only tasks-64"), "{said}");
    assert!(steps[3].contains("run ") && steps[3].ends_with("--file=docs/one.md"), "{said}");
    assert_eq!(
        steps[4],
        format!("merge merge --failure-mode=all --output {work}/merged.profdata {work}/counts")
    );
    assert!(last.ends_with(&format!("| -Cprofile-use={work}/merged.profdata")), "{said}");
    assert_eq!(steps.len(), 6, "{said}");
    let built = fs::read_to_string(root.join("target/dist/divisi")).unwrap();
    assert!(built.ends_with("# -Cprofile-use\n"), "{built}");
}

#[test]
fn what_did_not_run_builds_nothing() {
    let tree = tree();
    write(&tree.path().join("broken"), "");
    assert!(!dist(tree.path()).status.success());
    assert!(!tree.path().join("target/dist/divisi").exists());
}

#[test]
fn a_missing_tool_is_named_before_anything_is_built() {
    let tree = tree();
    fs::remove_file(tree.path().join("compiler/lib/rustlib/machine/bin/llvm-profdata")).unwrap();
    let output = dist(tree.path());
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && !tree.path().join("said").exists(), "{said}");
    for word in ["llvm-profdata is missing", "rustup component add llvm-tools", "99.1", "make build"] {
        assert!(said.contains(word), "{word}: {said}");
    }
}
