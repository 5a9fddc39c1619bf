//! Deleting a gold paragraph changes exactly what it supported.
//!
//! The rule, without a tolerance. Of the report without the paragraph:
//! 1. it says nothing that only the paragraph said;
//! 2. it still says everything else, but for items of a list that the paragraph opened, and unless the documents no
//!    longer answer: then it says so and claims nothing, since what stood beside the answer was there as its context;
//! 3. what it says in addition takes a freed place: where the paragraph had none, nothing changes at all.

use std::ops::Range;
use std::sync::Arc;

use divisi_llm::outputs::{Claim, Report};
use divisi_tools::corpus::{Attachment, Corpus};
use divisi_tools::documents::{ParseLimits, parse};

use super::Check;
use crate::eval::documents::Library;
use crate::eval::measure::flat;
use crate::eval::pipeline;
use crate::eval::questions::{Kind, Question};

/// A list reaches this far behind the paragraph that opens it.
const LIST_BYTES_MAX: usize = 4_000;
/// Bytes of the documents of a question of strangers that are read anew.
const BYTES_MAX: usize = 120_000;
/// Deletions without which the check says nothing.
const DELETIONS_MIN: usize = 20;

/// For every question with one passage in one text document: the report without that paragraph.
pub(super) fn check(questions: &[Question], library: &mut Library) -> anyhow::Result<Check> {
    let (mut tried, mut unanswered, mut added) = (0, 0, 0);
    let mut wrong = Vec::new();
    let one_passage =
        |question: &&Question| !question.everyday && matches!(question.kind, Kind::One | Kind::Needle);
    for question in questions.iter().filter(one_passage) {
        // Large documents are read anew for each: the questions of those who know them do that often enough.
        if question.stranger && bytes(&library.attachments(&question.documents)?) > BYTES_MAX {
            continue;
        }
        let Some(deletion) = one(question, library)? else { continue };
        tried += 1;
        unanswered += usize::from(deletion.unanswered);
        added += deletion.added;
        let faults = deletion.faults();
        if !faults.is_empty() {
            wrong.push(format!("{} ({})", question.id, faults.join("; ")));
        }
    }
    let detail = format!(
        "{tried} deletions, {unanswered} leave the question unanswered, {added} statements took freed places; not: {}",
        wrong.join(", ")
    );
    let passed = tried >= DELETIONS_MIN && wrong.is_empty();
    Ok(Check::new("deleting a gold paragraph changes exactly what it supported", passed, detail))
}

fn bytes(attachments: &[Attachment]) -> usize {
    attachments.iter().filter_map(|one| one.parsed.as_ref().ok()).map(|parsed| parsed.text.len()).sum()
}

/// What a deletion did to the report.
#[derive(Debug, Default)]
struct Deletion {
    /// Still said, though only the paragraph said it.
    kept: Vec<String>,
    /// No longer said, though the paragraph did not support it.
    lost: Vec<String>,
    /// Said in addition though the paragraph had no place.
    unfounded: Vec<String>,
    /// Said in addition.
    added: usize,
    /// The report now says that the documents do not say, and claims nothing.
    unanswered: bool,
}

impl Deletion {
    fn faults(&self) -> Vec<String> {
        let named = |name: &str, found: &[String]| (!found.is_empty()).then(|| format!("{name} {found:?}"));
        let lost = if self.unanswered { &[][..] } else { &self.lost };
        [named("kept", &self.kept), named("lost", lost), named("unfounded", &self.unfounded)]
            .into_iter()
            .flatten()
            .collect()
    }
}

fn one(question: &Question, library: &mut Library) -> anyhow::Result<Option<Deletion>> {
    let attachments = library.attachments(&question.documents)?;
    let Some((at, paragraph)) = gold_paragraph(&attachments, &question.gold[0]) else { return Ok(None) };
    let opened = attachments.clone();
    let whole = Arc::new(Corpus::build(attachments.clone()));
    let file = attachments[at].name.clone();
    let cut = Arc::new(Corpus::build(without(attachments, at, &paragraph)?));
    let before = claims(&pipeline::run(&whole, &question.ask)?.report);
    let after = pipeline::run(&cut, &question.ask)?.report;
    let opens_list = opens_list(&opened, at, &paragraph);
    let list = paragraph.end as u64..(paragraph.end + LIST_BYTES_MAX) as u64;
    let by = |claim: &Claim| {
        let all = |stands: &dyn Fn(u64, u64) -> bool| {
            claim.citations.iter().all(|one| one.file == file && stands(one.start, one.end))
        };
        match () {
            () if all(&|start, end| overlaps(&paragraph, start, end)) => Support::Paragraph,
            () if opens_list && all(&|start, _| list.contains(&start)) => Support::ItsList,
            () => Support::Other,
        }
    };
    Ok(Some(compared(&before, &after, by)))
}

/// What a statement rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Support {
    Paragraph,
    ItsList,
    Other,
}

fn compared(before: &[Claim], after: &Report, by: impl Fn(&Claim) -> Support) -> Deletion {
    let now = claims(after);
    let texts = |claims: &[Claim]| claims.iter().map(|claim| flat(&claim.text)).collect::<Vec<_>>();
    let (was, is) = (texts(before), texts(&now));
    let of = |support: Support| before.iter().filter(|claim| by(claim) == support).collect::<Vec<_>>();
    let (supported, others) = (of(Support::Paragraph), of(Support::Other));
    let still = |claim: &&&Claim| is.contains(&flat(&claim.text));
    let short = |text: &str| text.chars().take(70).collect::<String>();
    let new: Vec<String> = is.iter().filter(|text| !was.contains(text)).map(|text| short(text)).collect();
    Deletion {
        kept: supported.iter().filter(still).map(|claim| short(&claim.text)).collect(),
        lost: others.iter().filter(|claim| !still(claim)).map(|claim| short(&claim.text)).collect(),
        added: new.len(),
        unfounded: if supported.is_empty() { new } else { Vec::new() },
        unanswered: now.is_empty()
            && after.answer.iter().any(|claim| claim.text.starts_with("The documents do not say")),
    }
}

/// A paragraph that ends with a colon supports the items behind it too.
fn opens_list(attachments: &[Attachment], at: usize, paragraph: &Range<usize>) -> bool {
    let parsed = attachments.get(at).and_then(|attachment| attachment.parsed.as_ref().ok());
    parsed.is_some_and(|parsed| parsed.text[paragraph.clone()].trim_end().ends_with(':'))
}

fn overlaps(paragraph: &Range<usize>, start: u64, end: u64) -> bool {
    start < paragraph.end as u64 && end > paragraph.start as u64
}

fn claims(report: &Report) -> Vec<Claim> {
    let all = report.answer.iter().chain(report.main_content.iter().flat_map(|section| &section.claims));
    all.filter(|claim| !claim.citations.is_empty()).cloned().collect()
}

/// The document and the lines between blank lines that hold the gold text; plain text only, since its bytes are
/// the text's.
fn gold_paragraph(attachments: &[Attachment], gold: &str) -> Option<(usize, Range<usize>)> {
    for (at, attachment) in attachments.iter().enumerate() {
        let parsed = attachment.parsed.as_ref().ok()?;
        let plain = !attachment.name.contains(".html") && !attachment.name.contains(".pdf");
        for paragraph in paragraphs(&parsed.text).into_iter().filter(|_| plain) {
            if flat(&parsed.text[paragraph.clone()]).contains(&flat(gold)) {
                return Some((at, paragraph));
            }
        }
    }
    None
}

fn paragraphs(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut at = 0;
    let mut open = false;
    for line in text.split_inclusive('\n') {
        let end = at + line.len();
        match found.last_mut() {
            _ if line.trim().is_empty() => open = false,
            Some(last) if open => last.end = end,
            _ => {
                found.push(at..end);
                open = true;
            }
        }
        at = end;
    }
    found
}

fn without(
    mut attachments: Vec<Attachment>,
    at: usize,
    paragraph: &Range<usize>,
) -> anyhow::Result<Vec<Attachment>> {
    let name = attachments[at].name.clone();
    if let Ok(parsed) = &attachments[at].parsed {
        let text = [&parsed.text[..paragraph.start], &parsed.text[paragraph.end..]].concat();
        let parsed = parse(text.as_bytes(), &name, &ParseLimits::default())
            .map_err(|error| anyhow::anyhow!("{name} without a paragraph: {error}"))?;
        attachments[at] = Attachment { name, parsed: Ok(Arc::new(parsed)) };
    }
    Ok(attachments)
}
