//! What a run of the test is to bring.

use divisi_domain::blob::Digest;
use divisi_domain::task::TaskState;

use super::digest;
use super::exchanges::Found;
use crate::content::{ContentError, Contents};
use crate::core::Loaded;
use crate::report::render_markdown;
use crate::view::outcome;

/// What the first pass brought.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Expected {
    /// How it ended.
    pub status: Option<TaskState>,
    /// BLAKE3 of the report as Markdown; `None` where there is none, or where a run of the test has no way to the same one.
    pub report: Option<Digest>,
    /// Events of the pass; `None` where another run may have others.
    pub events: Option<u64>,
    /// Why one of them is missing, as a sentence.
    pub unsure: Vec<String>,
}

pub(super) fn of(
    contents: &Contents<'_>,
    first: Option<&Loaded>,
    found: &Found,
) -> Result<Expected, ContentError> {
    let Some(Loaded { task, title, .. }) = first else { return Ok(Expected::default()) };
    let mut expected = Expected { status: Some(task.state()), ..Expected::default() };
    let brought = outcome(contents, task, title)?;
    let report = brought.map(|brought| render_markdown(&brought.report, &brought.presentation));
    if found.redacted {
        let why = "A key or a home folder was taken out of an answer, so that the report reads otherwise.";
        expected.unsure.push(why.to_owned());
    } else {
        expected.report = report.map(|report| digest(report.as_bytes()));
    }
    if found.disturbed {
        let why =
            "The task was interrupted, waited, or a person took part, so that another run has other events.";
        expected.unsure.push(why.to_owned());
    } else {
        expected.events = Some(found.first_pass_events);
    }
    Ok(expected)
}
