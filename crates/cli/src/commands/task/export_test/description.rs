//! `test.toml`: what the test asks and what it is to bring.

use divisi_engine::export::Exported;
use serde::Serialize;

/// The version of the file's shape.
const FORMAT: u32 = 1;

#[derive(Debug, Serialize)]
struct Description<'a> {
    format: u32,
    question: &'a str,
    title: &'a str,
    constraints: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    domain: Option<&'a str>,
    mode: &'static str,
    crew: CrewUsed<'a>,
    expected: Brought<'a>,
    files: Vec<FileUsed<'a>>,
}

#[derive(Debug, Serialize)]
struct CrewUsed<'a> {
    name: &'a str,
    version: &'a str,
    digest: String,
}

#[derive(Debug, Serialize)]
struct Brought<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<String>,
    /// BLAKE3 of the Markdown.
    #[serde(skip_serializing_if = "Option::is_none")]
    report: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    events: Option<u64>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    unsure: &'a [String],
}

#[derive(Debug, Serialize)]
struct FileUsed<'a> {
    name: &'a str,
    /// BLAKE3 of the bytes.
    digest: String,
}

/// The file's text.
pub(super) fn text(exported: &Exported) -> Result<String, toml::ser::Error> {
    let Exported { brief, submission, expected, .. } = exported;
    let file = |file: &'_ divisi_engine::export::ExportedFile| file.digest.to_string();
    toml::to_string_pretty(&Description {
        format: FORMAT,
        question: &brief.description,
        title: &brief.title,
        constraints: &brief.constraints,
        domain: brief.domain.as_deref(),
        mode: submission.mode.as_str(),
        crew: CrewUsed {
            name: submission.crew.as_str(),
            version: &exported.crew_version,
            digest: submission.crew_digest.to_string(),
        },
        expected: Brought {
            status: expected.status.map(|status| status.as_str().to_ascii_lowercase()),
            report: expected.report.map(|digest| digest.to_string()),
            events: expected.events,
            unsure: &expected.unsure,
        },
        files: exported.files.iter().map(|used| FileUsed { name: &used.name, digest: file(used) }).collect(),
    })
}
