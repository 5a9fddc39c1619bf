//! Near-duplicates merge, with both sources.

use std::collections::BTreeSet;
use std::sync::Arc;

use divisi_tools::corpus::{Attachment, Corpus};
use divisi_tools::documents::{ParseLimits, parse};

use super::Check;
use crate::eval::documents::Library;
use crate::eval::measure::flat;
use crate::eval::pipeline;

const ASK: &str = "For how many years must a written offer for source code be valid?";

/// A licence and a copy of it with other line breaks and small changes.
pub(super) fn check(library: &mut Library) -> anyhow::Result<Check> {
    let original = library.attachments(&["GPL-2".to_owned()])?;
    let Some(Ok(parsed)) = original.first().map(|attachment| attachment.parsed.clone()) else {
        anyhow::bail!("GPL-2 cannot be read");
    };
    let rewrapped: Vec<String> = parsed
        .text
        .split("\n\n")
        .map(|paragraph| {
            paragraph.split_whitespace().collect::<Vec<_>>().join(" ").replace("third party", "third  party")
        })
        .collect();
    let copy = parse(rewrapped.join("\n\n").as_bytes(), "copy.txt", &ParseLimits::default())
        .map_err(|error| anyhow::anyhow!("the copy: {error}"))?;
    let copy = Attachment { name: "copy.txt".to_owned(), parsed: Ok(Arc::new(copy)) };
    let corpus = Arc::new(Corpus::build(original.into_iter().chain([copy]).collect()));
    let report = pipeline::run(&corpus, ASK)?.report;
    let texts: Vec<String> = report.answer.iter().map(|claim| flat(&claim.text)).collect();
    let distinct: BTreeSet<&String> = texts.iter().collect();
    let both = |claim: &divisi_llm::outputs::Claim| {
        claim.citations.iter().map(|one| &one.source).collect::<BTreeSet<_>>().len() == 2
    };
    let merged = report.answer.iter().filter(|claim| both(claim)).count();
    let passed =
        distinct.len() == texts.len() && report.answer.first().is_some_and(both) && merged * 2 > texts.len();
    let detail = format!("{merged} of {} statements cite both files", texts.len());
    Ok(Check::new("near-duplicates merge with both sources", passed, detail))
}
