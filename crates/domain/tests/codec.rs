//! The stored form of events: what was written once is read for ever.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::path::{Path, PathBuf};

use divisi_domain::journal::{self, JournalEvent};
use divisi_domain::name::Name;
use divisi_domain::task::{CodecError, Event, KINDS, decode, encode, kind_name};
use divisi_testkit::samples;

fn golden() -> PathBuf {
    PathBuf::from("tests/golden")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
}

fn bytes(hex: &str) -> Vec<u8> {
    let pair = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
    (0..hex.len()).step_by(2).map(pair).collect()
}

/// Kind, version and lines of every golden file of the tasks' streams.
fn files() -> Vec<(u16, u8, Vec<String>)> {
    files_in(&golden())
}

fn files_in(folder: &Path) -> Vec<(u16, u8, Vec<String>)> {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = paths.filter(|path| path.is_file()).collect();
    files.sort();
    let parse = |path: PathBuf| {
        let stem = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let (kind, rest) = stem.split_once('_').unwrap();
        let (_, version) = rest.rsplit_once("_v").unwrap();
        let lines = fs::read_to_string(&path).unwrap().lines().map(str::to_owned).collect();
        (kind.parse().unwrap(), version.parse().unwrap(), lines)
    };
    files.into_iter().map(parse).collect()
}

#[test]
fn everything_ever_written_decodes() {
    let files = files();
    for (kind, version, lines) in &files {
        for line in lines {
            let event =
                decode(*kind, *version, &bytes(line)).unwrap_or_else(|error| panic!("{line}: {error}"));
            assert_eq!(event.kind(), *kind);
        }
    }
    let kinds: Vec<u16> = files.iter().map(|(kind, ..)| *kind).collect();
    assert!(KINDS.iter().all(|(kind, _)| kinds.contains(kind)), "a kind without a golden file");
}

#[test]
fn what_is_written_today_is_what_the_golden_files_hold() {
    let files = files();
    for (kind, name) in KINDS {
        let events: Vec<Event> =
            samples::events().into_iter().filter(|event| event.kind() == *kind).collect();
        let version = events.first().map(Event::kind_version).unwrap();
        let written: Vec<String> = events.iter().map(|event| hex(&encode(event))).collect();
        let kept = files.iter().find(|(known, at, _)| (known, at) == (kind, &version));
        let kept = kept.map(|(.., lines)| lines.as_slice()).unwrap_or_default();
        assert_eq!(
            written, kept,
            "{kind:02}_{name}_v{version}: a changed body needs a new version of its kind"
        );
    }
}

/// The same two promises for the streams that outlive tasks.
fn check_journal<E: JournalEvent + PartialEq + std::fmt::Debug>(folder: &str, samples: &[E]) {
    let files = files_in(&golden().join(folder));
    for (kind, version, lines) in &files {
        for line in lines {
            let event: E = journal::decode(*kind, *version, &bytes(line)).unwrap();
            assert!(samples.contains(&event), "{folder}: {line} was a sample once");
        }
    }
    for (kind, name) in E::KINDS {
        let events = samples.iter().filter(|event| event.kind() == *kind);
        let written: Vec<String> = events.map(|event| hex(&journal::encode(event))).collect();
        let kept = files.iter().find(|(known, version, _)| (known, *version) == (kind, 1));
        let kept = kept.map(|(.., lines)| lines.as_slice()).unwrap_or_default();
        assert!(!written.is_empty(), "{folder}: {name} has no sample");
        assert_eq!(
            written, kept,
            "{folder}/{kind:02}_{name}: a changed body needs a new version of its kind"
        );
    }
}

#[test]
fn streams_that_outlive_tasks_are_read_for_ever_too() {
    check_journal("agent", &samples::agent_events());
    check_journal("workspace", &samples::workspace_events());
}

#[test]
fn samples_survive() {
    for event in samples::events() {
        let read = decode(event.kind(), event.kind_version(), &encode(&event)).unwrap();
        assert_eq!(read, event);
    }
}

#[test]
fn names_of_kinds_are_known_and_unique() {
    let mut names: Vec<&str> = KINDS.iter().map(|(_, name)| *name).collect();
    assert!(KINDS.iter().all(|(kind, name)| kind_name(*kind) == *name));
    assert_eq!(kind_name(9_999), "unknown");
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), KINDS.len());
}

#[test]
fn a_newer_event_is_refused_by_its_number() {
    let body = encode(&Event::Cancelled);
    let next = KINDS.iter().map(|(kind, _)| kind + 1).max().unwrap();
    for (kind, version) in [(next, 1), (21, 2), (u16::MAX, u8::MAX)] {
        let refused = decode(kind, version, &body);
        assert!(
            matches!(refused, Err(CodecError::Newer { kind: k, version: v }) if (k, v) == (kind, version)),
            "{refused:?}"
        );
    }
}

#[test]
fn a_damaged_body_is_an_error_and_no_panic() {
    for event in samples::events() {
        let body = encode(&event);
        for cut in 0..body.len() {
            let refused = decode(event.kind(), event.kind_version(), &body[..cut]);
            assert!(matches!(refused, Err(CodecError::Malformed { .. })), "{event:?} cut at {cut}");
        }
    }
    let swapped = decode(21, 1, &encode(&Event::ContentErased));
    assert!(matches!(swapped, Err(CodecError::Malformed { kind: 21, .. })), "{swapped:?}");
}

/// All text in an event is names: no sentence of a user or a model fits.
#[test]
fn a_body_holds_no_text_but_names() {
    for event in samples::events() {
        let body = encode(&event);
        let mut read = minicbor::Decoder::new(&body);
        while read.position() < body.len() {
            match read.datatype().unwrap() {
                minicbor::data::Type::String => {
                    let text = read.str().unwrap();
                    assert!(text.parse::<Name>().is_ok(), "{text:?} in {event:?}");
                }
                minicbor::data::Type::Array => drop(read.array().unwrap()),
                minicbor::data::Type::Map => drop(read.map().unwrap()),
                _ => read.skip().unwrap(),
            }
        }
    }
}
