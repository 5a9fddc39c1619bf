//! The manager's review of a solution: four scores in exact tenths, the weighted score in integer
//! hundredths, the verdict and what follows from it. The model's own overall score and recommendation
//! are recorded elsewhere and obeyed nowhere.

mod next;
mod score;
#[cfg(test)]
mod tests;

pub use next::{Next, Rerun, after_review};
pub use score::{
    ACCEPTED_MIN_HUNDREDTHS, NEEDS_REVISION_MIN_HUNDREDTHS, ScoreError, Scores, Tenths, Verdict,
};
