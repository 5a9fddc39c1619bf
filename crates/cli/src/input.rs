//! What a person gives a task: the question and the files.

use std::io::Read;
use std::path::Path;

use divisi_api::Attachment;
use divisi_api::limits::{ATTACHMENT_BYTES_MAX, DESCRIPTION_CHARS_MAX};
use divisi_tools::documents::gather::{GatherLimits, Origin, gather};

use crate::failure::Failure;

/// The question as given, or from standard input for `-`.
pub(crate) fn question(given: &str, files: &[String]) -> Result<String, Failure> {
    if given != "-" {
        return Ok(given.to_owned());
    }
    if files.iter().any(|file| file == "-") {
        return Err(Failure::Input("Standard input can be the question or a file, not both.".to_owned()));
    }
    let bytes = stdin(DESCRIPTION_CHARS_MAX * 4)?;
    String::from_utf8(bytes)
        .map_err(|_| Failure::Input("The question on standard input is not UTF-8 text.".to_owned()))
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
        let content = match &file.origin {
            Origin::Stdin => stdin(ATTACHMENT_BYTES_MAX)?,
            Origin::Path(path) => match std::fs::read(path) {
                Ok(content) => content,
                Err(error) => {
                    warnings.push(format!("'{}' was left out: {error}.", file.name));
                    continue;
                }
            },
        };
        attachments.push(Attachment { name: file.name, content });
    }
    if attachments.is_empty() {
        return Err(Failure::Input(format!("None of the files can be read. {}", warnings.join(" "))));
    }
    Ok(Files { attachments, warnings })
}

fn stdin(bytes_max: usize) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let limit = bytes_max as u64 + 1;
    let read = std::io::stdin().lock().take(limit).read_to_end(&mut bytes);
    read.map_err(|error| Failure::Input(format!("Standard input cannot be read: {error}.")))?;
    if bytes.len() > bytes_max {
        return Err(Failure::Input(format!(
            "Standard input has more than the {bytes_max} bytes that it may have."
        )));
    }
    Ok(bytes)
}
