//! The order of the files changes nothing.

use std::sync::Arc;

use divisi_tools::corpus::Corpus;

use super::Check;
use crate::eval::documents::Library;
use crate::eval::pipeline;
use crate::eval::questions::Question;

/// Every question over several documents, with the documents in order and backwards.
pub(super) fn check(questions: &[Question], library: &mut Library) -> anyhow::Result<Check> {
    let mut tried = 0;
    let mut wrong = Vec::new();
    for question in questions {
        let mut attachments = library.attachments(&question.documents)?;
        if attachments.len() < 2 || attachments.len() > 20 {
            continue;
        }
        tried += 1;
        let forwards = pipeline::run(&Arc::new(Corpus::build(attachments.clone())), &question.ask)?;
        attachments.reverse();
        let backwards = pipeline::run(&Arc::new(Corpus::build(attachments)), &question.ask)?;
        if forwards.report != backwards.report || forwards.plan != backwards.plan {
            wrong.push(question.id.clone());
        }
    }
    let detail = format!("{tried} questions asked twice; not: {}", wrong.join(", "));
    Ok(Check::new("the order of the files changes nothing", wrong.is_empty() && tried > 5, detail))
}
