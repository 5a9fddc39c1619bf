//! Promises that no single question shows.

mod deletion;
mod duplicates;
mod order;
mod plans;
mod planted;
mod revision;

use serde::Serialize;

use super::documents::Library;
use super::questions::Question;

/// One promise and whether it holds.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Check {
    pub(crate) name: String,
    pub(crate) passed: bool,
    pub(crate) detail: String,
}

impl Check {
    /// A promise that was looked at.
    pub(crate) fn new(name: &str, passed: bool, detail: String) -> Self {
        Self { name: name.to_owned(), passed, detail }
    }
}

/// All of them.
pub(crate) fn all(questions: &[Question], library: &mut Library) -> anyhow::Result<Vec<Check>> {
    let mut checks = vec![
        deletion::check(questions, library)?,
        order::check(questions, library)?,
        duplicates::check(library)?,
        plans::check(questions, library)?,
    ];
    checks.extend(planted::checks(questions, library)?);
    checks.extend(revision::checks(questions, library)?);
    Ok(checks)
}

fn named<'a>(questions: &'a [Question], id: &str) -> anyhow::Result<&'a Question> {
    let found = questions.iter().find(|question| question.id == id);
    found.ok_or_else(|| anyhow::anyhow!("there is no question '{id}'"))
}
