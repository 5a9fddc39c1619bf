//! Who may open a data folder, and what is refused.

#![cfg(test)]

mod common;

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use common::{OPTIONS, Place, open};
use divisi_store::conformance::sample::{Bench, append, batch, event, home, input, stream, task, task_row};
use divisi_store::*;
use divisi_store_sqlite::{DataFolder, KindName, Owner, Ownership, SqliteReader, SqliteStore, StoreOptions};
use rusqlite::Connection;

/// In a child process this is the child's part; in the suite it does nothing.
#[test]
fn child_takes_the_folder_if_it_can() {
    let mut arguments = std::env::args().skip_while(|argument| argument != "--folder");
    let Some(root) = arguments.nth(1) else { return };
    let folder = DataFolder::open(root.as_ref()).unwrap();
    match Ownership::acquire(&folder).unwrap() {
        None => println!("CHILD refused"),
        Some(ownership) => {
            println!("CHILD owns");
            let mut line = String::new();
            std::io::stdin().read_line(&mut line).unwrap();
            drop(ownership);
        }
    }
}

struct Child {
    process: std::process::Child,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
}

impl Child {
    /// `--folder` is a filter to the harness that matches no other test; the exact one is named first.
    fn start(place: &Place) -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "child_takes_the_folder_if_it_can", "--nocapture", "--test-threads=1", "--"])
            .args(["--folder"])
            .arg(place.temp.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        Self { process, lines }
    }

    fn says(&mut self) -> String {
        self.lines
            .by_ref()
            .map(std::result::Result::unwrap)
            .find_map(|line| line.find("CHILD ").map(|at| line[at + 6..].to_owned()))
            .unwrap()
    }

    /// One that was refused has ended already and does not listen.
    fn ends(mut self) {
        let _ = self.process.stdin.take().unwrap().write_all(b"\n");
        self.process.wait().unwrap();
    }
}

#[test]
fn of_racing_processes_exactly_one_owns_the_folder() {
    let place = Place::new();
    let mut children: Vec<Child> = (0..6).map(|_| Child::start(&place)).collect();
    let said: Vec<String> = children.iter_mut().map(Child::says).collect();
    assert_eq!(said.iter().filter(|said| *said == "owns").count(), 1, "{said:?}");
    let owner =
        children.iter().zip(&said).find(|(_, said)| *said == "owns").map(|(child, _)| child.process.id());
    assert_eq!(Ownership::owner(&place.folder()).unwrap(), Some(Owner { pid: owner }));
    assert!(Ownership::acquire(&place.folder()).unwrap().is_none());
    children.into_iter().for_each(Child::ends);
    assert!(Ownership::acquire(&place.folder()).unwrap().is_some());
}

#[test]
fn a_killed_owner_leaves_the_folder_free() {
    let place = Place::new();
    let mut child = Child::start(&place);
    assert_eq!(child.says(), "owns");
    child.process.kill().unwrap();
    child.process.wait().unwrap();
    assert!(Ownership::acquire(&place.folder()).unwrap().is_some());
}

#[test]
fn a_reader_works_beside_the_owner_and_without_one() {
    let place = Place::new();
    assert!(DataFolder::existing(place.temp.path()).unwrap().is_none());
    let file = place.temp.path().join("file");
    std::fs::write(&file, "no folder").unwrap();
    assert!(matches!(DataFolder::existing(&file), Err(StoreError::Foreign { .. })));
    std::fs::remove_file(&file).unwrap();
    let store = place.open();
    let bench = Bench::new(&store);
    bench.start(1, vec![ProjectionChange::Task(task_row(1))]).unwrap();
    let folder = DataFolder::existing(place.temp.path()).unwrap().unwrap();
    let reader = SqliteReader::open(&folder, 1).unwrap();
    assert_eq!(reader.task(home(), task(1)).unwrap(), Some(task_row(1)));
    bench.start(2, vec![ProjectionChange::Task(task_row(2))]).unwrap();
    assert_eq!(reader.task(home(), task(2)).unwrap(), Some(task_row(2)), "what was committed since");
    drop(store);
    assert_eq!(reader.last_seq(&stream(2)).unwrap(), Some(1));
    drop(reader);
    let alone = SqliteReader::open(&folder, 1).unwrap();
    assert_eq!(alone.workspaces().unwrap(), [home()]);
}

#[test]
fn data_of_a_newer_program_is_refused() {
    let place = Place::new();
    drop(place.open());
    let connection = Connection::open(place.folder().database()).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    drop(connection);
    let refused = open(place.temp.path()).unwrap_err();
    assert_eq!(refused, StoreError::Newer { found: 99, known: 3 });
    assert!(refused.to_string().contains("update the program"));
    assert!(matches!(SqliteReader::open(&place.folder(), 1), Err(StoreError::Newer { .. })));
}

#[test]
fn a_changed_migration_is_refused() {
    let place = Place::new();
    drop(place.open());
    let connection = Connection::open(place.folder().database()).unwrap();
    connection.execute("UPDATE migrations SET blake3 = x'00'", []).unwrap();
    drop(connection);
    assert!(matches!(open(place.temp.path()), Err(StoreError::Foreign { .. })));
}

#[test]
fn files_that_are_not_ours_are_refused_and_left_alone() {
    let other = |sql: &str| {
        let place = Place::new();
        Connection::open(place.folder().database()).unwrap().execute_batch(sql).unwrap();
        place
    };
    let text = Place::new();
    std::fs::write(text.folder().database(), "dear diary ".repeat(1_000)).unwrap();
    let places = [
        text,
        other("CREATE TABLE theirs (x); INSERT INTO theirs VALUES (1)"),
        other("PRAGMA application_id = 7; CREATE TABLE theirs (x)"),
    ];
    for place in places {
        let before = std::fs::read(place.folder().database()).unwrap();
        let refused = open(place.temp.path()).unwrap_err();
        assert!(matches!(refused, StoreError::Foreign { .. }), "{refused}");
        assert!(SqliteReader::open(&place.folder(), 1).is_err());
        assert_eq!(std::fs::read(place.folder().database()).unwrap(), before);
    }
}

#[test]
fn a_folder_that_cannot_be_written_says_so() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let refused = DataFolder::open(&file.path().join("inside")).unwrap_err();
    assert!(refused.to_string().contains("folder"), "{refused}");
}

const KINDS: &[KindName] = &[
    KindName { kind: 1, name: "task_submitted", interaction: Some("task_analysis"), revision: false },
    KindName { kind: 60_000, name: "revision_requested", interaction: None, revision: true },
];

#[test]
fn views_show_interactions_and_revisions() {
    let place = Place::new();
    let folder = place.folder();
    let options = StoreOptions { kinds: KINDS, ..OPTIONS };
    let owned = || Ownership::acquire(&folder).unwrap().unwrap();
    drop(SqliteStore::open(&folder, owned(), options).unwrap());
    let store = SqliteStore::open(&folder, owned(), options).unwrap();
    let bench = Bench::new(&store);
    let kinds = [1, 5, 60_000, 1];
    let events = kinds.iter().map(|&kind| NewEvent { kind, ..event(input(1), "x") }).collect();
    bench.committed(batch(Append { events, ..append(stream(1), Expected::At(0), input(1), &[]) })).unwrap();
    bench.committed(batch(append(stream(2), Expected::At(0), input(1), &["x"]))).unwrap();
    let connection = Connection::open(folder.database()).unwrap();
    let count = |view: &str| -> i64 {
        connection.query_row(&format!("SELECT count(*) FROM {view}"), [], |row| row.get(0)).unwrap()
    };
    assert_eq!((count("event_headers"), count("interactions"), count("revisions")), (5, 3, 1));
    let kinds: Vec<u16> = connection
        .prepare("SELECT kind FROM event_headers WHERE stream = 1 ORDER BY seq")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(std::result::Result::unwrap)
        .collect();
    assert_eq!(kinds, [1, 5, 60_000, 1]);
    let revision: (i64, String) = connection
        .query_row("SELECT revision_id, action FROM revisions", [], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap();
    assert_eq!(revision, (3, "revision_requested".into()));
    for table in ["tasks", "agents", "subtasks", "solutions", "ai_api_usage"] {
        assert_eq!(count(table), 0, "{table}");
    }
}

#[test]
fn a_program_that_died_while_it_made_its_database_starts_again() {
    let place = Place::new();
    let folder = place.folder();
    for path in [folder.database(), folder.index()] {
        let begun = Connection::open(&path).unwrap();
        begun.pragma_update(None, "journal_mode", "wal").unwrap();
        drop(begun);
        assert!(path.metadata().unwrap().len() > 0, "its header is written before our mark is in it");
    }
    assert_eq!(place.open().verify().unwrap().damage, []);
    divisi_store_sqlite::SqliteIndex::open(&folder).unwrap();
}
