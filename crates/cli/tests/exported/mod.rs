//! A test made of a finished task.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::common::{Home, LICENCE, QUESTION};

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o777
}

#[test]
fn a_finished_task_becomes_a_folder_that_can_be_played() {
    let home = Home::new();
    let report = home.path("report.md");
    home.run(&[&QUESTION[..], &["--output", "report.md", "--constraint", "Don't guess."]].concat()).exits(0);
    let made = home.run(&["task", "export-test", "last", "--output", "it"]).exits(0);
    let folder = home.path("it");
    assert_eq!(made.out.trim(), folder.canonicalize().unwrap_or(folder.clone()).to_str().unwrap());
    assert!(made.err.contains("exchanges and 1 files"), "{}", made.err);

    let cassette = divisi_providers::cassette::read(&folder).unwrap();
    let paths: Vec<&str> = cassette.exchanges().map(|exchange| exchange.place.path.as_str()).collect();
    for path in ["p1/analyse", "p1/select", "p1/decompose/round0", "p1/coordinate", "p1/synthesise/round0"] {
        assert!(paths.contains(&path), "{path}: {paths:?}");
    }
    assert_eq!(std::fs::read_to_string(folder.join("files/licence.txt")).unwrap(), LICENCE);

    let text = std::fs::read_to_string(folder.join("test.toml")).unwrap();
    let test: toml::Table = text.parse().unwrap();
    assert_eq!(test["question"].as_str(), Some(QUESTION[1]));
    assert_eq!(test["crew"]["name"].as_str(), Some("research"));
    assert_eq!(test["expected"]["status"].as_str(), Some("completed"));
    assert!(test["expected"]["events"].as_integer().unwrap() > 20, "{text}");
    let digest = |bytes: &[u8]| divisi_engine::export::digest(bytes).to_string();
    let named = |value: &toml::Value| value.as_str().unwrap().to_owned();
    assert_eq!(named(&test["expected"]["report"]), digest(&std::fs::read(report).unwrap()));
    assert_eq!(named(&test["files"][0]["digest"]), digest(LICENCE.as_bytes()));

    let readme = std::fs::read_to_string(folder.join("README.md")).unwrap();
    for part in ["divisi run --replay .", "--file files/licence.txt", "--constraint 'Don'\\''t guess.'"] {
        assert!(readme.contains(part), "{part}: {readme}");
    }
    for file in ["cassette.json", "test.toml", "README.md", "files/licence.txt", "p1.analyse.attempt1.json"] {
        assert_eq!(mode(&folder.join(file)), 0o600, "{file}");
    }
    assert_eq!((mode(&folder), mode(&folder.join("files"))), (0o700, 0o700));

    // What is there stays.
    let again = home.run(&["task", "export-test", "last", "--output", "it"]);
    assert!(again.code != 0 && again.err.contains("is not empty"), "{again:?}");
}

#[test]
fn what_no_test_can_be_made_of_says_why() {
    let home = Home::new();
    let none = home.run(&["task", "export-test", "last"]);
    assert!(none.code != 0 && none.err.contains("nothing in this data folder"), "{none:?}");
    home.run(&QUESTION).exits(0);
    let id = "task_7zzzzzzzzz7zzzzzzzzzzzzzzz";
    let unknown = home.run(&["task", "export-test", id]);
    assert!(unknown.code != 0 && !home.path(&format!("test-{id}")).exists(), "{unknown:?}");
    home.run(&["task", "delete", "last", "--erase", "--yes"]).exits(0);
    let erased = home.run(&["task", "export-test", "last"]);
    assert!(erased.code != 0 && erased.err.contains("was erased"), "{erased:?}");
}

/// A key in the question or a constraint is in no file of the folder; in a document it is told.
#[test]
fn a_key_in_the_question_is_not_in_the_folder() {
    // One word: the offline provider searches for the words of a question.
    const SECRET: &str = "AIzaSyA1234567890abcdefghijk";
    let home = Home::new();
    std::fs::write(home.path("notes.txt"), format!("The licence key is {SECRET}.\n")).unwrap();
    let question = format!("May I sell copies, if my key is {SECRET}?");
    let asked = ["run", &question, "--file", "licence.txt", "--file", "notes.txt", "--constraint", SECRET];
    home.run(&asked).exits(0);
    let made = home.run(&["task", "export-test", "last", "--output", "it"]).exits(0);
    assert!(made.err.contains("'notes.txt' holds what looks like a key"), "{}", made.err);
    for entry in std::fs::read_dir(home.path("it")).unwrap().map(Result::unwrap) {
        let Ok(text) = std::fs::read_to_string(entry.path()) else { continue };
        assert!(!text.contains("SyA1234567890"), "{:?}", entry.path());
    }
    let test = std::fs::read_to_string(home.path("it/test.toml")).unwrap();
    assert!(test.contains("if my key is [key]?"), "{test}");
}
