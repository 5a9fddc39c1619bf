//! The full-text index: what is found, in which order, by whom; and what damage does.

#![cfg(test)]

mod common;

use std::io::{Seek, Write};

use common::{Place, found_in, reading, wal};
use divisi_domain::id::WorkspaceId;
use divisi_domain::time::Timestamp;
use divisi_store::{DocumentIndex, IndexEntry, IndexKey, IndexKind, Search};
use divisi_store_sqlite::{IndexOrigin, SqliteIndex, SqliteSearch};

fn workspace(number: u8) -> WorkspaceId {
    WorkspaceId::from_bytes([number; 16])
}

fn key(workspace_number: u8, id: u8) -> IndexKey {
    IndexKey { workspace: workspace(workspace_number), kind: IndexKind::Task, id: [id; 16] }
}

fn entry(key: IndexKey, title: &str, text: &str) -> IndexEntry {
    IndexEntry {
        key,
        title: title.into(),
        text: text.into(),
        at: Timestamp::from_millis(i64::from(key.id[0])),
    }
}

fn open(place: &Place) -> (SqliteIndex, IndexOrigin) {
    SqliteIndex::open(&place.folder()).unwrap()
}

fn ids(index: &SqliteIndex, query: &str) -> Vec<u8> {
    index.find(workspace(1), query, 1_000).unwrap().iter().map(|key| key.id[0]).collect()
}

fn filled(place: &Place) -> SqliteIndex {
    let (index, _) = open(place);
    let entries = vec![
        entry(key(1, 1), "Who owns the licence?", "The copyright holder keeps it."),
        entry(key(1, 2), "Compare two documents", "One grants a patent licence, the other is silent."),
        entry(key(1, 3), "Müller's report", "Über den Wolken: \"quoted\" (text), 100% sure."),
        entry(key(2, 4), "Secret licence", "Of another workspace."),
    ];
    index.put(entries).unwrap();
    index.flush().unwrap();
    index
}

#[test]
fn queries_find_what_they_should() {
    let place = Place::new();
    let index = filled(&place);
    let rows: [(&str, &[u8]); 18] = [
        ("licence", &[1, 2]),
        ("LICENCE", &[1, 2]),
        ("lic", &[1, 2]),
        ("li", &[]),
        ("patent licence", &[2]),
        ("licence patent", &[2]),
        ("licence secret", &[]),
        ("muller", &[3]),
        ("uber wolken", &[3]),
        ("\"quoted\"", &[3]),
        ("100%", &[3]),
        ("text OR patent", &[]),
        ("licence AND NOT patent*", &[]),
        ("title:licence", &[]),
        ("scope:k1", &[]),
        ("w02020202020202020202020202020202", &[]),
        ("NEAR(", &[]),
        ("holder's ^ - \u{0} {", &[]),
    ];
    for (query, expected) in rows {
        assert_eq!(ids(&index, query), expected, "{query:?}");
    }
}

#[test]
fn nothing_a_person_types_is_an_error() {
    let place = Place::new();
    let index = filled(&place);
    let hostile = [
        "\"",
        "\"\"\"",
        "*",
        "a*b",
        "(",
        "a AND",
        "AND",
        "OR OR",
        "a:b:c",
        "^a",
        "-",
        "NEAR/2",
        "💥",
        "\u{0}a",
        "a\u{0}",
        "'; DROP TABLE texts; --",
        "{a b} : c",
        "\\",
        "ا ب",
        "语 言",
        "\u{301}",
        "\u{200b}x",
    ];
    for query in hostile {
        index.find(workspace(1), query, 1_000).unwrap_or_else(|error| panic!("{query:?}: {error}"));
    }
}

#[test]
fn what_is_found_stays_in_its_workspace() {
    let place = Place::new();
    let index = filled(&place);
    for query in ["licence", "lice", "secr"] {
        assert_eq!(index.find(workspace(2), query, 1_000).unwrap(), [key(2, 4)], "{query:?}");
        assert_eq!(index.find(workspace(3), query, 1_000).unwrap(), [], "{query:?}");
    }
}

#[test]
fn replaced_and_deleted_text_is_not_found() {
    let place = Place::new();
    let index = filled(&place);
    index.put(vec![entry(key(1, 1), "Changed", "Entirely.")]).unwrap();
    index.delete(vec![key(1, 2), key(1, 99)]).unwrap();
    index.flush().unwrap();
    assert_eq!(ids(&index, "licence"), [] as [u8; 0]);
    assert_eq!(ids(&index, "changed"), [1]);
}

#[test]
fn the_index_outlives_the_process_and_is_rebuilt_from_entries() {
    let place = Place::new();
    assert_eq!(open(&place).1, IndexOrigin::Fresh);
    drop(filled(&place));
    let (index, origin) = open(&place);
    assert_eq!(origin, IndexOrigin::Existing);
    assert_eq!(ids(&index, "licence"), [1, 2]);
    let many = (0..1_000_u32).map(|number| {
        let mut key = key(1, 0);
        key.id[..4].copy_from_slice(&number.to_be_bytes());
        entry(key, "Rebuilt", &format!("number n{number}"))
    });
    assert_eq!(index.rebuild(&mut many.into_iter()).unwrap(), 1_000);
    assert_eq!(ids(&index, "licence"), [] as [u8; 0]);
    assert_eq!(index.find(workspace(1), "rebuilt", 1_000).unwrap().len(), 1_000);
    assert_eq!(index.find(workspace(1), "n777", 1_000).unwrap().len(), 1);
}

#[test]
fn a_damaged_file_is_made_anew() {
    for offset in [0_u64, 100] {
        let place = Place::new();
        drop(filled(&place));
        let path = place.folder().index();
        let mut file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
        file.seek(std::io::SeekFrom::Start(offset)).unwrap();
        file.write_all(&[0xff; 600]).unwrap();
        drop(file);
        let (index, origin) = open(&place);
        assert_eq!(origin, IndexOrigin::Fresh, "offset {offset}");
        index.put(vec![entry(key(1, 1), "Again", "here")]).unwrap();
        index.flush().unwrap();
        assert_eq!(ids(&index, "again"), [1]);
    }
}

/// With such a flip the file opens, and its table can neither be used nor dropped.
#[test]
fn a_changed_declaration_is_found_when_the_file_is_opened() {
    for (word, changed) in
        [("tokenize", &b"token\xe9ze"[..]), ("remove_diacritics 2", b"remove_diacritics 1")]
    {
        let place = Place::new();
        drop(filled(&place));
        let path = place.folder().index();
        let mut bytes = std::fs::read(&path).unwrap();
        let at = bytes.windows(word.len()).position(|part| part == word.as_bytes()).unwrap();
        bytes[at..at + changed.len()].copy_from_slice(changed);
        std::fs::write(&path, bytes).unwrap();
        let (index, origin) = open(&place);
        assert_eq!(origin, IndexOrigin::Fresh, "{word}");
        index.put(vec![entry(key(1, 1), "Again", "here")]).unwrap();
        index.flush().unwrap();
        assert_eq!(ids(&index, "again"), [1], "{word}");
    }
}

/// The four bytes that say which program's the file is lie at 68.
#[test]
fn a_changed_mark_makes_it_anew_and_a_strangers_file_is_left_alone() {
    for byte in 68..72 {
        let place = Place::new();
        drop(filled(&place));
        let path = place.folder().index();
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[byte] ^= 4;
        std::fs::write(&path, bytes).unwrap();
        assert_eq!(open(&place).1, IndexOrigin::Fresh, "byte {byte}");
    }
    let place = Place::new();
    let stranger = rusqlite::Connection::open(place.folder().index()).unwrap();
    stranger.execute_batch("PRAGMA application_id = 7; CREATE TABLE entries (id)").unwrap();
    drop(stranger);
    SqliteIndex::open(&place.folder()).unwrap_err();
    assert!(place.folder().index().is_file());
}

/// The full-text index has a table of its own for its version.
#[test]
fn a_table_that_cannot_be_used_is_damage_like_any_other() {
    for table in ["texts_config", "titles_config"] {
        let place = Place::new();
        drop(filled(&place));
        let changed = rusqlite::Connection::open(place.folder().index()).unwrap();
        changed.execute(&format!("UPDATE {table} SET v = 0 WHERE k = 'version'"), []).unwrap();
        drop(changed);
        let (index, origin) = open(&place);
        assert_eq!(origin, IndexOrigin::Existing);
        assert!(!index.verify().unwrap(), "{table}");
        drop(index);
        assert_eq!(open(&place).1, IndexOrigin::Fresh, "{table}");
    }
}

/// Overwrites the beginning of every page from `first` on.
fn damage_pages(place: &Place, first: usize) {
    let path = place.folder().index();
    let mut bytes = std::fs::read(&path).unwrap();
    for page in first..bytes.len() / 4_096 {
        bytes[page * 4_096..page * 4_096 + 200].fill(0xee);
    }
    std::fs::write(&path, bytes).unwrap();
}

#[test]
fn damage_that_a_search_meets_is_healed_at_the_next_start() {
    let place = Place::new();
    drop(filled(&place));
    damage_pages(&place, 4);
    let (index, origin) = open(&place);
    if origin == IndexOrigin::Existing {
        index.find(workspace(1), "licence", 1_000).unwrap_err();
        drop(index);
        assert_eq!(open(&place).1, IndexOrigin::Fresh);
    }
}

#[test]
fn one_changed_letter_is_found_by_verifying() {
    let place = Place::new();
    drop(filled(&place));
    assert!(open(&place).0.verify().unwrap());
    let path = place.folder().index();
    let mut bytes = std::fs::read(&path).unwrap();
    let at = bytes.windows(9).position(|window| window == b"copyright").unwrap();
    bytes[at] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let (index, origin) = open(&place);
    assert_eq!(origin, IndexOrigin::Existing);
    assert!(!index.verify().unwrap());
    drop(index);
    assert_eq!(open(&place).1, IndexOrigin::Fresh);
}

#[test]
fn titles_go_before_texts_and_whole_words_before_beginnings() {
    let place = Place::new();
    assert!(SqliteSearch::open(&place.folder()).unwrap().is_none());
    let index = filled(&place);
    index
        .put(vec![entry(key(1, 5), "Licences", "of all kinds"), entry(key(1, 6), "Kinds", "of licences")])
        .unwrap();
    index.flush().unwrap();
    let beside = SqliteSearch::open(&place.folder()).unwrap().unwrap();
    let rows: [(&str, &[u8]); 7] = [
        ("licence", &[1, 2, 5, 6]),
        ("licences", &[5, 6]),
        ("lice", &[5, 1, 6, 2]),
        ("patent lice", &[2]),
        ("report", &[3]),
        ("", &[]),
        ("\"", &[]),
    ];
    for (query, expected) in rows {
        for search in [&index as &dyn Search, &beside] {
            for most in 0..6 {
                let found = search.find(workspace(1), query, most).unwrap();
                let found: Vec<_> = found.iter().map(|key| key.id[0]).collect();
                assert_eq!(found, expected[..most.min(expected.len())], "{most} of {query:?}");
            }
        }
    }
}

/// The last word may begin a few words, or so many that these are not looked up one by one; letters that only the index folds
/// are never looked up so.
#[test]
fn beginnings_find_the_same_however_many_words_begin_so() {
    let place = Place::new();
    let (index, _) = open(&place);
    for words in [1_u8, 32, 33, 200] {
        let entries = (0..words).map(|id| entry(key(1, id), "Task", &format!("word{id:03}x and Öl{id:03}")));
        index.rebuild(&mut entries.into_iter()).unwrap();
        let all: Vec<u8> = (0..words).rev().collect();
        for query in ["wor", "WORD", "task word", "öl0", "ol0", "and öl0"] {
            let some = if query.contains("l0") { &all[all.len() - all.len().min(100)..] } else { &all };
            assert_eq!(ids(&index, query), some, "{query:?} among {words}");
        }
        assert_eq!(ids(&index, "worx"), [0_u8; 0]);
    }
}

/// Entries of workspaces that are put in turn, changed, and put twice at once: each keeps its place among the others of its own.
#[test]
fn the_newest_of_a_workspace_goes_first_whoever_else_writes() {
    let place = Place::new();
    let (index, _) = open(&place);
    let turn = |number: u8, title: &str| entry(key(1 + number % 3, number), title, "words");
    index.put((1..=9).map(|number| turn(number, "Old licence")).collect()).unwrap();
    index.put(vec![turn(5, "Licence"), turn(10, "Licence"), turn(4, "Licence"), turn(4, "Patent")]).unwrap();
    index.flush().unwrap();
    let found = |number, query| {
        let found = index.find(workspace(number), query, 1_000).unwrap();
        found.iter().map(|key| key.id[0]).collect::<Vec<_>>()
    };
    assert_eq!((found(1, "licence"), found(2, "licence")), (vec![9, 6, 3], vec![10, 7, 1]));
    assert_eq!((found(3, "licence"), found(2, "patent")), (vec![8, 5, 2], vec![4]));
    assert_eq!(found(3, "old"), [8, 2]);
    assert!(index.verify().unwrap());
}

/// That of a task is its own; that of a document stands among texts.
#[test]
fn only_titles_of_tasks_go_first() {
    let place = Place::new();
    let index = filled(&place);
    let document = IndexKey { kind: IndexKind::Document, ..key(1, 7) };
    index.put(vec![entry(document, "Licence", "A document.")]).unwrap();
    index.flush().unwrap();
    assert_eq!(ids(&index, "licence"), [1, 7, 2]);
    index.delete(vec![document]).unwrap();
    index.flush().unwrap();
    assert_eq!(ids(&index, "licence"), [1, 2]);
    assert!(index.verify().unwrap());
}

#[test]
fn a_replaced_title_is_found_by_its_new_words_alone() {
    let place = Place::new();
    let index = filled(&place);
    index.put(vec![entry(key(1, 1), "Patents", "The licence is silent.")]).unwrap();
    index.flush().unwrap();
    assert_eq!(ids(&index, "licence"), [2, 1]);
    assert!(index.verify().unwrap());
}

#[test]
fn entries_tell_their_time() {
    let place = Place::new();
    let index = filled(&place);
    let at = |millis| Some(Timestamp::from_millis(millis));
    let keys = [key(1, 2), key(1, 9), key(2, 2), key(2, 4)];
    assert_eq!(index.stamps(&keys).unwrap(), [at(2), None, None, at(4)]);
}

#[test]
fn deleted_words_are_in_no_file_any_more() {
    let place = Place::new();
    let (index, _) = open(&place);
    let (title, text) = ("Confidential quetzalcoatl", "The axolotl is secret.");
    index.put(vec![entry(key(1, 1), title, text), entry(key(1, 2), "Other", "words")]).unwrap();
    index.flush().unwrap();
    index.delete(vec![key(1, 1)]).unwrap();
    index.flush().unwrap();
    for suffix in ["", "-wal"] {
        let path = format!("{}{suffix}", place.folder().index().display());
        let bytes = std::fs::read(&path).unwrap_or_default().to_ascii_lowercase();
        for word in ["quetzalcoatl", "axolotl"] {
            let there = bytes.windows(word.len()).any(|window| window == word.as_bytes());
            assert!(!there, "{word} is still in {path}");
        }
    }
    assert_eq!(ids(&index, "other"), [2]);
}

#[test]
fn deleted_words_go_from_the_log_once_no_reader_needs_it() {
    let place = Place::new();
    let (index, _) = open(&place);
    index.flush().unwrap();
    index.put(vec![entry(key(1, 1), "Other", "The axolotl is secret.")]).unwrap();
    index.verify().unwrap();
    let reader = reading(&place.folder().index());
    index.delete(vec![key(1, 1)]).unwrap();
    index.flush().unwrap();
    let there = || found_in(&wal(&place.folder().index()), b"axolotl");
    assert!(there(), "the reader still needs it");
    drop(reader);
    for at in 0..20 {
        index.put(vec![entry(key(1, 2), "Other", &format!("words {at}"))]).unwrap();
    }
    index.stamps(&[]).unwrap();
    index.verify().unwrap();
    assert!(!there(), "it goes though nobody flushes and nothing rests");
}
