use std::fs;
use std::os::unix::fs::symlink;

use super::*;

/// `a/x/copyright`, `a/y/copyright`, `a/notes.md`, `a/.hidden`, `a/picture.png`, `b.txt`, a circle and a dead link.
fn tree() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    fs::create_dir_all(root.join("a/x")).unwrap();
    fs::create_dir_all(root.join("a/y/.git")).unwrap();
    let files: [(&str, &[u8]); 7] = [
        ("a/x/copyright", b"one"),
        ("a/y/copyright", b"two"),
        ("a/notes.md", b"# n"),
        ("a/.hidden", b"h"),
        ("a/y/.git/config", b"c"),
        ("a/picture.png", b"\x89PNG\0\0"),
        ("b.txt", b"plain"),
    ];
    for (name, bytes) in files {
        fs::write(root.join(name), bytes).unwrap();
    }
    symlink(root.join("a"), root.join("a/x/circle")).unwrap();
    symlink(root.join("nowhere"), root.join("a/dead")).unwrap();
    symlink(root.join("b.txt"), root.join("a-link.txt")).unwrap();
    folder
}

fn found(arguments: &[&str]) -> Result<(Vec<String>, Vec<String>), String> {
    let folder = tree();
    let arguments: Vec<String> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
    let gathered =
        gather(folder.path(), &arguments, &GatherLimits::default()).map_err(|error| error.to_string())?;
    Ok((
        gathered.files.into_iter().map(|file| file.name).collect(),
        gathered.left_out.iter().map(ToString::to_string).collect(),
    ))
}

#[test]
fn files_folders_globs_and_standard_input() {
    let rows: [(&[&str], &[&str], usize); 10] = [
        (&["b.txt"], &["b.txt"], 0),
        (&["a"], &["notes.md", "x/copyright", "y/copyright"], 4),
        (&["a", "b.txt", "-"], &["b.txt", "notes.md", "stdin", "x/copyright", "y/copyright"], 4),
        (&["a/x/../x/copyright", "a/x/copyright"], &["copyright"], 0),
        (&["a-link.txt", "b.txt"], &["b.txt"], 0),
        (&["a/*.md"], &["notes.md"], 0),
        (&["**/copyright"], &["x/copyright", "y/copyright"], 1),
        (&["a/{x,y}/copyright", "b.*"], &["b.txt", "x/copyright", "y/copyright"], 1),
        (&["./*.txt"], &["b.txt"], 0),
        (&[], &[], 0),
    ];
    for (arguments, names, warnings) in rows {
        let (found, warned) = found(arguments).unwrap();
        assert_eq!(found, names, "{arguments:?}");
        assert_eq!(warned.len(), warnings, "{arguments:?}: {warned:?}");
    }
}

#[test]
fn what_is_missing_is_an_error_with_the_fix() {
    let rows: [(&[&str], &str); 4] = [
        (&["nope.txt"], "no file or folder 'nope.txt'"),
        (&["*.nope"], "No file matches '*.nope'"),
        (&["b.txt", "[a"], "'[a' is not a pattern"),
        (&["a/picture.*"], "None of the named files"),
    ];
    for (arguments, part) in rows {
        let error = found(arguments).unwrap_err();
        assert!(error.contains(part), "{arguments:?}: {error}");
    }
}

#[test]
fn limits_are_kept() {
    let folder = tree();
    let all = vec!["a".to_owned(), "b.txt".to_owned()];
    let gather_with = |limits: GatherLimits| gather(folder.path(), &all, &limits);
    let defaults = GatherLimits::default();
    assert!(matches!(
        gather_with(GatherLimits { files_max: 2, ..defaults }),
        Err(GatherError::TooMany { max: 2 })
    ));
    let total = gather_with(GatherLimits { total_bytes_max: 5, ..defaults });
    assert!(matches!(total, Err(GatherError::TooLarge { bytes: 14, max: 5 })));
    let small = gather_with(GatherLimits { file_bytes_max: 3, ..defaults }).unwrap();
    assert_eq!(small.files.len(), 3);
    assert!(small.left_out.iter().any(|one| one.name == "b.txt" && one.why.starts_with("It has 5 bytes")));
    let flat = gather_with(GatherLimits { depth_max: 0, ..defaults }).unwrap();
    assert_eq!(flat.files.len(), 2);
    assert!(gather_with(GatherLimits { entries_max: 3, ..defaults }).is_err());
}

#[test]
fn bytes_are_read_up_to_the_limit_and_one_more() {
    let folder = tree();
    let gathered =
        gather(folder.path(), &["b.txt".to_owned(), "-".to_owned()], &GatherLimits::default()).unwrap();
    assert_eq!(gathered.files[0].read(100).unwrap().unwrap(), b"plain");
    assert_eq!(gathered.files[0].read(2).unwrap().unwrap(), b"pla");
    assert!(gathered.files[1].read(100).is_none());
}

#[test]
fn a_link_in_a_folder_is_taken_only_where_it_stays_in_it() {
    let outside = tempfile::NamedTempFile::new().unwrap();
    fs::write(outside.path(), "secret").unwrap();
    let folder = tree();
    symlink(outside.path(), folder.path().join("a/out.txt")).unwrap();
    symlink("../notes.md", folder.path().join("a/x/in.md")).unwrap();
    symlink("../b.txt", folder.path().join("a/up.txt")).unwrap();
    let found =
        |argument: &str| gather(folder.path(), &[argument.to_owned()], &GatherLimits::default()).unwrap();
    let names = |found: &Gathered| found.files.iter().map(|file| file.name.clone()).collect::<Vec<_>>();
    for argument in ["a", "a/**"] {
        let found = found(argument);
        assert_eq!(names(&found), ["notes.md", "x/copyright", "y/copyright"], "{argument}");
        let out =
            found.left_out.iter().filter(|one| one.why.contains("leads out")).map(|one| one.name.as_str());
        assert_eq!(out.collect::<Vec<_>>(), ["a/out.txt", "a/up.txt"], "{argument}");
    }
    assert_eq!(names(&found("a/out.txt")), ["out.txt"], "who names it means it");
}

#[test]
fn what_cannot_be_read_is_left_out_and_the_others_go_on() {
    let folder = tree();
    symlink("loop", folder.path().join("loop")).unwrap();
    let socket = std::os::unix::net::UnixListener::bind(folder.path().join("a/socket")).unwrap();
    let whole = gather(folder.path(), &["a".to_owned()], &GatherLimits::default()).unwrap();
    assert!(whole.left_out.iter().any(|one| one.name == "a/socket" && one.why.contains("neither a file")));
    drop(socket);
    let rows = [("loop", "It cannot be read"), ("/dev/null", "neither a file nor a folder")];
    for (name, why) in rows {
        let named = [name.to_owned(), "b.txt".to_owned()];
        let found = gather(folder.path(), &named, &GatherLimits::default()).unwrap();
        assert_eq!(found.files.len(), 1, "{name}");
        assert!(
            found.left_out[0].name == name && found.left_out[0].why.contains(why),
            "{:?}",
            found.left_out
        );
        let alone = gather(folder.path(), &named[..1], &GatherLimits::default());
        assert!(alone.unwrap_err().to_string().contains(why), "{name}");
    }
}
