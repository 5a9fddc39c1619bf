//! A revision raises the score; a person's revision is answered.

use divisi_llm::inputs::Feedback;

use super::planted::{Base, planted};
use super::{Check, named};
use crate::eval::documents::Library;
use crate::eval::pipeline::{ACCEPTED_MIN, hundredths};
use crate::eval::questions::Question;

/// Each kind of bad solution is sent back, and what comes next scores higher.
pub(super) fn checks(questions: &[Question], library: &mut Library) -> anyhow::Result<Vec<Check>> {
    let base = Base::of(named(questions, "gpl3-installation")?, library)?;
    let other = Base::of(named(questions, "artistic-fee")?, library)?;
    let mut raised = Vec::new();
    let mut all = true;
    for (kind, bad) in planted(&base.good.solution, &other.good.solution, 0) {
        let review = base.worker().review(&bad)?;
        let before = hundredths(&review);
        let feedback = Feedback { solution: Some(bad), review: Some(review), failure: None };
        let mended = base.worker().run(&[feedback], &mut 0)?;
        let after = base.score(&mended)?;
        all &= after > before && after >= ACCEPTED_MIN;
        raised.push(format!("{kind} {before} → {after}"));
    }
    Ok(vec![Check::new("a revision raises the score", all, raised.join(", "))])
}
