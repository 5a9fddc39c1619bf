//! What a person gives a task: the question and the files.

use std::io::Read;
use std::path::Path;

use divisi_api::Attachment;
use divisi_api::limits::{ATTACHMENT_BYTES_MAX, BODY_BYTES_MAX, DESCRIPTION_CHARS_MAX};
use divisi_tools::documents::gather::{FoundFile, GatherLimits, gather, read_bounded};

use serde_json::Value;

use crate::failure::Failure;

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

/// Files that were read, with what is to be said about others.
#[derive(Debug)]
pub(crate) struct Files {
    pub(crate) attachments: Vec<Attachment>,
    pub(crate) warnings: Vec<String>,
}

/// Reads the named files, folders and globs.
pub(crate) fn files(base: &Path, arguments: &[String]) -> Result<Files, Failure> {
    if arguments.is_empty() {
        return Ok(Files { attachments: Vec::new(), warnings: Vec::new() });
    }
    let gathered = gather(base, arguments, &GatherLimits::default())?;
    let mut attachments = Vec::with_capacity(gathered.files.len());
    let mut warnings = gathered.warnings;
    for file in gathered.files {
        match content(&file)? {
            Ok(content) => attachments.push(Attachment { name: file.name, content }),
            Err(why) => warnings.push(format!("'{}' was left out: {why}.", file.name)),
        }
    }
    if attachments.is_empty() {
        return Err(Failure::Input(format!("None of the files can be read. {}", warnings.join(" "))));
    }
    Ok(Files { attachments, warnings })
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
            Err(format!("it has more than the {ATTACHMENT_BYTES_MAX} bytes that a file may have"))
        }
        Ok(bytes) => Ok(bytes),
        Err(error) => Err(error.to_string()),
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
    fn a_file_that_never_ends_is_left_out() {
        let endless = FoundFile { name: "log".to_owned(), origin: Origin::Path("/dev/zero".into()) };
        let why = content(&endless).unwrap().unwrap_err();
        assert!(why.contains(&ATTACHMENT_BYTES_MAX.to_string()), "{why}");
    }
}
