//! Every command of the README, run as a reader would: from top to bottom, in one shell's folder, with the ids that the
//! commands before have printed. A command that is added there and does not work fails here.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::common::{Home, Ran};

const README: &str = include_str!("../../../../README.md");

/// What the README stands for but a test cannot run: the suite itself.
const NOT_RUN: &str = "make test";
/// Where nobody is at the terminal, a task that asks for its plan ends its command with this.
const WAITS_FOR_APPROVAL: i32 = 7;

/// The commands of the shell blocks, without comments.
fn commands(page: &str) -> Vec<String> {
    let mut inside = false;
    let mut commands = Vec::new();
    for line in page.lines() {
        match line.strip_prefix("```") {
            Some(kind) => inside = kind == "sh",
            None if inside => commands.push(line.split(" #").next().unwrap_or_default().trim().to_owned()),
            None => {}
        }
    }
    commands.retain(|command| !command.is_empty() && !command.starts_with('#'));
    commands
}

/// Commands within sentences.
fn mentioned(page: &str) -> Vec<String> {
    let prose = page.split("```").step_by(2).flat_map(|text| text.split('`').skip(1).step_by(2));
    let named = |span: &&str| ["divisi ", "make ", "cargo "].iter().any(|program| span.starts_with(program));
    prose.filter(named).map(str::to_owned).collect()
}

/// A reader's folder: the documents that the README names, and the binary on the path.
struct Reader {
    home: Home,
    bin: PathBuf,
}

impl Reader {
    fn new() -> Self {
        let home = Home::new();
        let write = |name: &str, bytes: &[u8]| std::fs::write(home.path(name), bytes).unwrap();
        std::fs::create_dir(home.path("policy")).unwrap();
        write("policy/removal.md", b"# Removal\n\nA package may be removed from the archive when nobody maintains it.\n\nIt may also be removed when it cannot be distributed legally.\n");
        write("policy/sections.txt", b"Every package belongs to a section.\n");
        write("a.pdf", &pdf("Either party may end this contract within thirty days."));
        write("b.pdf", &pdf("This contract ends after two years."));
        let bin = home.path("bin");
        std::fs::create_dir(&bin).unwrap();
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_divisi"), bin.join("divisi")).unwrap();
        Self { home, bin }
    }

    fn run(&self, command: &str) -> Ran {
        let command = command.replace("TASK", &self.completed());
        match command.strip_prefix("make ") {
            Some(target) => self.make(target),
            None => self.shell(&command, self.home.folder.path()),
        }
    }

    /// The target as it is, with this very binary in place of one that is built first.
    fn make(&self, target: &str) -> Ran {
        let root = Path::new("../..").canonicalize().unwrap();
        let binary = env!("CARGO_BIN_EXE_divisi");
        self.shell(&format!("make --old-file=build {target} PROFILE=dev DIVISI={binary}"), &root)
    }

    fn shell(&self, command: &str, folder: &Path) -> Ran {
        let path = format!("{}:/usr/local/bin:/usr/bin:/bin", self.bin.display());
        let mut shell = Command::new("sh");
        shell.args(["-c", command]).current_dir(folder).env_clear().env("PATH", path);
        shell.env("HOME", self.home.folder.path()).env("DIVISI_DATA_DIR", self.home.path("data"));
        // The reader of these tests has no model server, whatever this machine has.
        shell.env("DIVISI_DETECT_LOCAL_SERVERS", "false");
        Ran::of(shell.stdin(std::process::Stdio::null()).output().unwrap())
    }

    /// The task that completed last; a reader copies its id from the list.
    fn completed(&self) -> String {
        let list = self.home.run(&["task", "list", "--status", "completed", "--json"]);
        if list.code != 0 {
            return "TASK".to_owned();
        }
        list.json()["tasks"][0]["task_id"].as_str().unwrap_or("TASK").to_owned()
    }
}

/// A page with one line of text.
fn pdf(text: &str) -> Vec<u8> {
    let stream = format!("BT /F1 12 Tf 72 720 Td ({text}) Tj ET");
    let objects = [
        "<</Type/Catalog/Pages 2 0 R>>".to_owned(),
        "<</Type/Pages/Kids[3 0 R]/Count 1>>".to_owned(),
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>"
            .to_owned(),
        format!("<</Length {}>>stream\n{stream}\nendstream", stream.len()),
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>".to_owned(),
    ];
    let mut pdf = b"%PDF-1.4\n".to_vec();
    let mut table = b"0000000000 65535 f \n".to_vec();
    for (index, object) in objects.iter().enumerate() {
        table.extend(format!("{:010} 00000 n \n", pdf.len()).bytes());
        pdf.extend(format!("{} 0 obj\n{object}\nendobj\n", index + 1).bytes());
    }
    let (count, at) = (objects.len() + 1, pdf.len());
    pdf.extend(format!("xref\n0 {count}\n").bytes());
    pdf.extend(table);
    pdf.extend(format!("trailer<</Size {count}/Root 1 0 R>>\nstartxref\n{at}\n%%EOF\n").bytes());
    pdf
}

#[test]
fn every_command_of_the_readme_does_what_it_says() {
    let reader = Reader::new();
    let commands = commands(README);
    assert!(commands.len() >= 10, "{commands:?}");
    for command in commands.iter().filter(|command| *command != NOT_RUN) {
        let asks = command.contains("--mode assisted");
        let expected: &[i32] = if asks { &[WAITS_FOR_APPROVAL] } else { &[0] };
        let ran = reader.run(command);
        assert!(
            expected.contains(&ran.code),
            "`{command}` ends with {}:\n{}\n{}",
            ran.code,
            ran.out,
            ran.err
        );
        assert!(!(ran.out.clone() + &ran.err).is_empty(), "`{command}` says nothing");
    }
    let report = std::fs::read_to_string(reader.home.path("report.md")).unwrap();
    assert!(report.contains("removal.md:3"), "{report}");
}

#[test]
fn every_command_that_a_sentence_of_the_readme_names_exists() {
    let reader = Reader::new();
    let mentioned = mentioned(README);
    assert!(mentioned.iter().any(|command| command.starts_with("divisi task resume")), "{mentioned:?}");
    for command in mentioned {
        let ran = if let Some(target) = command.strip_prefix("make ") {
            reader.make(&format!("--dry-run {target}"))
        } else if command.starts_with("cargo ") {
            continue;
        } else {
            let words = command.split(' ').take_while(|word| word.chars().any(char::is_lowercase));
            let words: Vec<&str> = words.filter(|word| !word.starts_with("--help")).collect();
            reader.shell(&format!("{} --help", words.join(" ")), reader.home.folder.path())
        };
        assert_eq!(ran.code, 0, "`{command}`: {}\n{}", ran.out, ran.err);
    }
}

#[test]
fn commands_are_found_between_fences_and_in_sentences() {
    let page = "Say `divisi up` or `x`.\n\n```sh\n# A comment\nmake run   # why\n\ndivisi doctor\n```\n\n```text\nnothing\n```\nAnd `make check`.\n";
    assert_eq!(commands(page), ["make run", "divisi doctor"]);
    assert_eq!(mentioned(page), ["divisi up", "make check"]);
}
