//! What a person gives a task: the question and the files.

use std::collections::HashSet;
use std::io::Read;
use std::path::Path;

use divisi_api::Attachment;
use divisi_api::limits::{ATTACHMENT_BYTES_MAX, ATTACHMENTS_MAX, BODY_BYTES_MAX, DESCRIPTION_CHARS_MAX};
use divisi_tools::documents::gather::{FoundFile, GatherLimits, LeftOut, gather, read_bounded};

use serde_json::Value;

use crate::failure::Failure;

/// Files that a task names as left out, one by one.
const LEFT_OUT_MAX: usize = 100;

/// The question as given, or from standard input for `-`.
pub(crate) fn question(given: &str, files: &[String]) -> Result<String, Failure> {
    if given != "-" {
        return bounded(given.to_owned());
    }
    if files.iter().any(|file| file == "-") {
        return Err(Failure::Input("Standard input can be the question or a file, not both.".to_owned()));
    }
    let bytes = stdin(DESCRIPTION_CHARS_MAX * 4)?;
    let text = String::from_utf8(bytes);
    bounded(text.map_err(|_| Failure::Input("The question on standard input is not UTF-8 text.".to_owned()))?)
}

fn bounded(question: String) -> Result<String, Failure> {
    match question.trim().chars().count() {
        0 => Err(Failure::Input("The question is empty: say what is to be found out or done.".to_owned())),
        1..=DESCRIPTION_CHARS_MAX => Ok(question),
        chars => Err(Failure::Input(format!(
            "The question has {chars} characters; it may have {DESCRIPTION_CHARS_MAX}. Put what is longer into a file and attach it."
        ))),
    }
}

/// Files as they go with a task: those that were read, and the names of those that were not.
#[derive(Debug, Default)]
pub(crate) struct Files {
    pub(crate) attachments: Vec<Attachment>,
    /// What was left out, a sentence each.
    pub(crate) warnings: Vec<String>,
}

/// Reads the named files, folders and globs. What is left out goes along by its name, so that the report can say so.
pub(crate) fn files(base: &Path, arguments: &[String]) -> Result<Files, Failure> {
    if arguments.is_empty() {
        return Ok(Files::default());
    }
    let gathered = gather(base, arguments, &GatherLimits::default())?;
    let mut attachments = Vec::with_capacity(gathered.files.len());
    let mut left_out = gathered.left_out;
    for file in gathered.files {
        match content(&file)? {
            Ok(content) => attachments.push(Attachment::new(file.name, content)),
            Err(why) => left_out.push(LeftOut { name: file.name, why }),
        }
    }
    let warnings: Vec<String> = left_out.iter().map(ToString::to_string).collect();
    if attachments.is_empty() {
        return Err(Failure::Input(format!("None of the files can be read. {}", warnings.join(" "))));
    }
    attachments.extend(named(left_out, &attachments));
    Ok(Files { attachments, warnings })
}

/// What was left out as attachments, as many as there is room for; the last one says how many more there are.
fn named(left_out: Vec<LeftOut>, read: &[Attachment]) -> Vec<Attachment> {
    let mut taken: HashSet<String> = read.iter().map(|file| file.name.clone()).collect();
    let room = LEFT_OUT_MAX.min(ATTACHMENTS_MAX.saturating_sub(read.len()));
    let total = left_out.len();
    let all = total <= room;
    let shown = if all { total } else { room.saturating_sub(1) };
    let mut named = Vec::with_capacity(room);
    for one in left_out.into_iter().take(shown) {
        let name = if taken.contains(&one.name) { format!("{} (left out)", one.name) } else { one.name };
        if taken.insert(name.clone()) {
            named.push(Attachment::left_out(name, one.why));
        }
    }
    if !all && room > 0 {
        let why = format!("{} more files were left out.", total - shown);
        named.push(Attachment::left_out("more files (left out)".to_owned(), why));
    }
    named
}

/// A JSON document from a file; `-` is standard input. `what` names it in sentences.
pub(crate) fn json_of(base: &Path, file: &Path, what: &str) -> Result<Value, Failure> {
    let from_stdin = file == Path::new("-");
    let shown = if from_stdin { "standard input".to_owned() } else { format!("'{}'", file.display()) };
    let unreadable = |error: &dyn std::fmt::Display| {
        Failure::Input(format!("The {what} in {shown} cannot be read: {error}."))
    };
    let limit = BODY_BYTES_MAX as u64 + 1;
    let mut text = String::new();
    let read = if from_stdin {
        std::io::stdin().lock().take(limit).read_to_string(&mut text)
    } else {
        std::fs::File::open(base.join(file)).and_then(|file| file.take(limit).read_to_string(&mut text))
    };
    read.map_err(|error| unreadable(&error))?;
    serde_json::from_str(&text).map_err(|error| unreadable(&error))
}

/// The bytes of one file, or why it is left out. A file that has grown since it was found is not read to its end.
fn content(file: &FoundFile) -> Result<Result<Vec<u8>, String>, Failure> {
    let Some(read) = file.read(ATTACHMENT_BYTES_MAX as u64) else {
        return stdin(ATTACHMENT_BYTES_MAX).map(Ok);
    };
    Ok(match read {
        Ok(bytes) if bytes.len() > ATTACHMENT_BYTES_MAX => {
            Err(format!("It has more than the {ATTACHMENT_BYTES_MAX} bytes that a file may have."))
        }
        Ok(bytes) => Ok(bytes),
        Err(error) => Err(format!("It cannot be read: {error}.")),
    })
}

fn stdin(bytes_max: usize) -> Result<Vec<u8>, Failure> {
    let read = read_bounded(std::io::stdin().lock(), bytes_max as u64);
    let bytes = read.map_err(|error| Failure::Input(format!("Standard input cannot be read: {error}.")))?;
    if bytes.len() > bytes_max {
        return Err(Failure::Input(format!(
            "Standard input has more than the {bytes_max} bytes that it may have."
        )));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use divisi_tools::documents::gather::Origin;

    use super::*;

    #[test]
    fn what_is_left_out_goes_along_by_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::write(at("a.txt"), "Text.").unwrap();
        std::fs::write(at("b.png"), b"\x89PNG\0\0").unwrap();
        std::fs::write(at(".hidden"), "Text.").unwrap();
        let found = files(folder.path(), &[".".to_owned()]).unwrap();
        let names: Vec<(&str, bool)> =
            found.attachments.iter().map(|one| (one.name.as_str(), one.left_out.is_some())).collect();
        assert_eq!(names, [("a.txt", false), (".* (hidden)", true), ("b.png", true)]);
        assert_eq!(found.warnings.len(), 2);
    }

    #[test]
    fn of_many_left_out_files_the_rest_is_counted() {
        let read = |count: usize| -> Vec<Attachment> {
            (0..count).map(|number| Attachment::new(number.to_string(), vec![b'a'])).collect()
        };
        let left = |count: usize| -> Vec<LeftOut> {
            (0..count).map(|number| LeftOut { name: number.to_string(), why: "So.".to_owned() }).collect()
        };
        let rows = [(1, 100, 100), (1, 101, 100), (998, 5, 2), (1_000, 5, 0)];
        for (files, left_out, expected) in rows {
            let named = named(left(left_out), &read(files));
            assert_eq!(named.len(), expected, "{files} {left_out}");
            let more = named.last().and_then(|last| last.left_out.clone());
            assert_eq!(
                more.is_some_and(|why| why.contains("more files")),
                expected > 0 && left_out > expected
            );
        }
        assert_eq!(named(left(1), &read(1))[0].name, "0 (left out)");
    }

    #[test]
    fn a_file_that_never_ends_is_left_out() {
        let endless = FoundFile { name: "log".to_owned(), origin: Origin::Path("/dev/zero".into()) };
        let why = content(&endless).unwrap().unwrap_err();
        assert!(why.contains(&ATTACHMENT_BYTES_MAX.to_string()), "{why}");
    }
}
