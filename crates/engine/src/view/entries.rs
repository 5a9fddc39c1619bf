//! What of a task can be found by its words: title and description, result, documents.

use divisi_domain::task::Task;
use divisi_store::limits::INDEX_TEXT_BYTES_MAX;
use divisi_store::{IndexEntry, IndexKey, IndexKind};
use divisi_tools::documents::Parsed;

use super::{outcome, spec};
use crate::content::{ContentError, Contents};
use crate::core::TaskKey;
use crate::report::render_markdown;
use crate::spec::TaskSpec;

/// Bytes of a title that are indexed.
const TITLE_BYTES_MAX: usize = 64 * 1024;

/// The name of an entry of a task.
pub fn entry_key(key: TaskKey, kind: IndexKind) -> IndexKey {
    IndexKey { workspace: key.workspace, kind, id: *key.task.as_bytes() }
}

/// Names of all entries that a task may have.
pub fn entry_keys(key: TaskKey) -> [IndexKey; 3] {
    [IndexKind::Task, IndexKind::Result, IndexKind::Document].map(|kind| entry_key(key, kind))
}

/// What was submitted: the task's words, and those of its documents. Empty where it was erased.
pub fn submitted_entries(contents: &Contents<'_>, task: &Task) -> Result<Vec<IndexEntry>, ContentError> {
    let Some(spec) = spec(contents, task)? else { return Ok(Vec::new()) };
    let key = TaskKey::new(task.submission.workspace, task.id);
    let entry = |kind, title: &str, text: &str| IndexEntry {
        key: entry_key(key, kind),
        title: cut(title, TITLE_BYTES_MAX).to_owned(),
        text: cut(text, INDEX_TEXT_BYTES_MAX - TITLE_BYTES_MAX).to_owned(),
        at: task.created_at,
    };
    let words = [std::slice::from_ref(&spec.brief.description), spec.brief.constraints.as_slice()]
        .concat()
        .join("\n");
    let mut entries = vec![entry(IndexKind::Task, &spec.brief.title, &words)];
    if !spec.attachments.is_empty() {
        let names: Vec<&str> = spec.attachments.iter().map(|one| one.file.as_str()).collect();
        entries.push(entry(IndexKind::Document, &names.join("\n"), &documents(contents, &spec)?));
    }
    Ok(entries)
}

/// The result of an ended task; without words where it brought none.
pub fn result_entry(contents: &Contents<'_>, task: &Task) -> Result<Option<IndexEntry>, ContentError> {
    let Some(ending) = task.ending.as_ref().filter(|_| task.is_terminal() && !task.erased) else {
        return Ok(None);
    };
    let report = outcome(contents, task, "")?;
    let text = report.map(|outcome| render_markdown(&outcome.report, &outcome.presentation));
    let key = entry_key(TaskKey::new(task.submission.workspace, task.id), IndexKind::Result);
    Ok(Some(IndexEntry {
        key,
        title: String::new(),
        text: cut(&text.unwrap_or_default(), INDEX_TEXT_BYTES_MAX).to_owned(),
        at: ending.at,
    }))
}

/// The texts of all documents that could be read, as far as they fit.
fn documents(contents: &Contents<'_>, spec: &TaskSpec) -> Result<String, ContentError> {
    let mut text = String::new();
    for blob in spec.attachments.iter().filter_map(|attachment| attachment.parsed) {
        if text.len() >= INDEX_TEXT_BYTES_MAX {
            break;
        }
        let bytes = contents.bytes(blob)?;
        let parsed: Parsed = minicbor::decode(&bytes)
            .map_err(|error| ContentError::Shape { blob, cause: error.to_string() })?;
        text.push_str(cut(&parsed.text, INDEX_TEXT_BYTES_MAX - text.len()));
        text.push('\n');
    }
    Ok(text)
}

/// The beginning of a text, cut between characters.
fn cut(text: &str, bytes_max: usize) -> &str {
    &text[..text.floor_char_boundary(bytes_max)]
}
