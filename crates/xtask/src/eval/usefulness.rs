//! What a person with a simple question over a small document gets: the answer, first, and little beside it.

use serde::Serialize;

use super::checks::Check;
use super::measure::Measured;
use super::questions::Kind;

/// Answerable questions whose every text or figure is in the report, at least.
const ANSWERED_MIN: f64 = 0.9;
/// The same of the questions as strangers ask them.
const STRANGERS_MIN: f64 = 0.8;
/// Answerable questions whose first statement is the answer, at least.
const FIRST_MIN: f64 = 0.8;
/// Statements beside the answer on average, at most, where one sentence answers.
const BESIDE_MAX: f64 = 3.0;

/// Shares over everyday documents.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Everyday {
    pub(crate) questions: usize,
    /// Answerable questions that were answered.
    pub(crate) answered: f64,
    /// The same, of those that were held out.
    pub(crate) answered_held_out: f64,
    /// Answerable questions whose first statement is the answer.
    pub(crate) first: f64,
    /// Statements beside the answer on average, where one sentence answers.
    pub(crate) beside: f64,
    /// Unanswerable questions that got a claim.
    pub(crate) claimed: Vec<String>,
}

impl Everyday {
    /// Of the questions over everyday documents among `measured`.
    pub(crate) fn of(measured: &[Measured]) -> Self {
        Self::among(&measured.iter().filter(|one| one.everyday).collect::<Vec<_>>())
    }

    /// Of the questions as strangers ask them.
    pub(crate) fn of_strangers(measured: &[Measured]) -> Self {
        Self::among(&measured.iter().filter(|one| one.stranger).collect::<Vec<_>>())
    }

    fn among(all: &[&Measured]) -> Self {
        let answerable: Vec<&Measured> = all.iter().copied().filter(|one| one.kind != Kind::None).collect();
        let held_out: Vec<&Measured> = answerable.iter().copied().filter(|one| one.holdout).collect();
        let single: Vec<&Measured> =
            answerable.iter().copied().filter(|one| one.kind == Kind::One && is_answered(one)).collect();
        let beside: usize = single.iter().map(|one| one.beside).sum();
        Self {
            questions: all.len(),
            answered: share(&answerable, is_answered),
            answered_held_out: share(&held_out, is_answered),
            first: share(&answerable, |one| one.first),
            beside: real(beside) / real(single.len().max(1)),
            claimed: all
                .iter()
                .filter(|one| one.kind == Kind::None && !one.form_ok)
                .map(|one| one.id.clone())
                .collect(),
        }
    }

    /// What must hold of the questions as strangers ask them.
    pub(crate) fn stranger_check(&self) -> Check {
        Check::new(
            &format!("questions as strangers ask them are answered: at least {STRANGERS_MIN}"),
            self.answered >= STRANGERS_MIN,
            format!("{:.3} of {} questions, first {:.3}", self.answered, self.questions, self.first),
        )
    }

    /// What must hold.
    pub(crate) fn checks(&self) -> Vec<Check> {
        let check = |name: String, passed, detail| Check::new(&name, passed, detail);
        vec![
            check(
                format!("everyday questions are answered: at least {ANSWERED_MIN}"),
                self.answered >= ANSWERED_MIN,
                format!(
                    "{:.3} of {} questions, held out {:.3}",
                    self.answered, self.questions, self.answered_held_out
                ),
            ),
            check(
                format!("their answer comes first: at least {FIRST_MIN}"),
                self.first >= FIRST_MIN,
                format!("{:.3}", self.first),
            ),
            check(
                format!("beside it stand at most {BESIDE_MAX} statements on average"),
                self.beside <= BESIDE_MAX,
                format!("{:.2}", self.beside),
            ),
        ]
    }
}

fn is_answered(one: &Measured) -> bool {
    one.form_ok && one.found == one.gold
}

fn share(of: &[&Measured], is: impl Fn(&Measured) -> bool) -> f64 {
    real(of.iter().filter(|one| is(one)).count()) / real(of.len().max(1))
}

fn real(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::MAX, f64::from)
}
