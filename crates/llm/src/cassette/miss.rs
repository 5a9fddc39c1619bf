//! A call that no recorded exchange answers.

use divisi_domain::model_step::FailureClass;

use super::Place;
use crate::response::ProviderError;

/// Why no exchange answers a call.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Miss {
    /// Nothing was recorded at the path.
    #[error(
        "The cassette has no call at {place}{}. The replayed task goes another way than the recorded one{FIX}",
        near(.nearest)
    )]
    NoPath {
        /// Where the call stands.
        place: Place,
        /// Recorded paths that are nearest, best first.
        nearest: Vec<String>,
    },
    /// The path was recorded, with fewer attempts.
    #[error(
        "The cassette has {} at {}, which failed, and none after it{FIX}",
        attempts(.recorded),
        .place.path
    )]
    NoAttempt {
        /// Where the call stands.
        place: Place,
        /// The attempts there are.
        recorded: Vec<u16>,
    },
    /// Another request was recorded there.
    #[error("The cassette has another request at {place}: {difference}{FIX}")]
    Differs {
        /// Where the call stands.
        place: Place,
        /// The first part that differs, in words.
        difference: String,
    },
}

const FIX: &str =
    ". Record it again with --record, or take the change of question, files, crew or settings back.";

impl Miss {
    /// The failure that a task sees. Nothing was sent.
    pub fn error(&self) -> ProviderError {
        let class = FailureClass::BadRequest;
        ProviderError { sent: false, ..ProviderError::new(class, self.to_string()) }
    }
}

fn near(paths: &[String]) -> String {
    if paths.is_empty() {
        " and is empty".to_owned()
    } else {
        format!("; the nearest are {}", paths.join(", "))
    }
}

fn attempts(recorded: &[u16]) -> String {
    let numbers: Vec<String> = recorded.iter().map(ToString::to_string).collect();
    let word = if numbers.len() == 1 { "attempt" } else { "attempts" };
    format!("{word} {}", numbers.join(", "))
}
