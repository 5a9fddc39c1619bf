//! Deleting a gold paragraph changes exactly what it supported.

use std::collections::BTreeSet;
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

/// Of a hundred deletions, how many must be exact: a word that gets rarer may lift another passage over the line.
const EXACT_PERCENT_MIN: usize = 90;
/// A list reaches this far behind the paragraph that opens it.
const LIST_BYTES_MAX: usize = 4_000;

/// For every question with one passage in one text document: the report without that paragraph.
pub(super) fn check(questions: &[Question], library: &mut Library) -> anyhow::Result<Check> {
    let mut tried = 0;
    let mut added = 0;
    let mut wrong = Vec::new();
    for question in
        questions.iter().filter(|question| question.kind == Kind::One || question.kind == Kind::Needle)
    {
        let Some(outcome) = one(question, library)? else { continue };
        tried += 1;
        added += outcome.added;
        if !outcome.exact {
            wrong.push(format!("{} (kept {}, lost {:?})", question.id, outcome.kept, outcome.lost));
        }
    }
    let detail =
        format!("{tried} deletions, {added} statements took freed places; not: {}", wrong.join(", "));
    let passed = tried > 5 && (tried - wrong.len()) * 100 >= tried * EXACT_PERCENT_MIN;
    Ok(Check::new("deleting a gold paragraph changes exactly what it supported", passed, detail))
}

struct Deletion {
    /// What it supported is gone, everything else is there.
    exact: bool,
    /// Statements gone that it did not support.
    lost: Vec<String>,
    /// Statements still there that only it supported.
    kept: usize,
    /// Statements that were not there before.
    added: usize,
}

fn one(question: &Question, library: &mut Library) -> anyhow::Result<Option<Deletion>> {
    let attachments = library.attachments(&question.documents)?;
    let Some((at, paragraph)) = gold_paragraph(&attachments, &question.gold[0]) else { return Ok(None) };
    let opened = attachments.clone();
    let whole = Arc::new(Corpus::build(attachments.clone()));
    let file = attachments[at].name.clone();
    let cut = Arc::new(Corpus::build(without(attachments, at, &paragraph)?));
    let before = claims(&pipeline::run(&whole, &question.ask)?.report);
    let after: BTreeSet<String> =
        claims(&pipeline::run(&cut, &question.ask)?.report).iter().map(|claim| flat(&claim.text)).collect();
    let opens_list = opens_list(&opened, at, &paragraph);
    let inside = |claim: &&Claim| {
        claim.citations.iter().all(|one| one.file == file && overlaps(&paragraph, one.start, one.end))
    };
    let led = |claim: &&&Claim| {
        let reach = paragraph.end as u64..(paragraph.end + LIST_BYTES_MAX) as u64;
        opens_list && claim.citations.iter().all(|one| one.file == file && reach.contains(&one.start))
    };
    let (supported, others): (Vec<&Claim>, Vec<&Claim>) = before.iter().partition(inside);
    let has = |claim: &&&Claim| after.contains(&flat(&claim.text));
    let kept = supported.iter().filter(has).count();
    let lost: Vec<String> = others
        .iter()
        .filter(|claim| !has(claim) && !led(claim))
        .map(|claim| claim.text.chars().take(70).collect())
        .collect();
    let known: BTreeSet<String> = before.iter().map(|claim| flat(&claim.text)).collect();
    let added = after.difference(&known).count();
    Ok(Some(Deletion { exact: kept == 0 && lost.is_empty(), lost, kept, added }))
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
