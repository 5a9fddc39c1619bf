//! The task machine under observation: a log in memory that checks every rule at each commit.

mod rules;
mod seen;
mod story;
mod stream;

pub use rules::check_quiet;
pub use seen::Seen;
pub use story::{Glimpse, line};
pub use stream::{Committed, Entry, Stream};

/// A rule of the machine that did not hold, in a sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Broken(pub String);

/// Breaks with `sentence` unless `holds`.
pub fn rule(holds: bool, sentence: impl FnOnce() -> String) -> Result<(), Broken> {
    if holds { Ok(()) } else { Err(Broken(sentence())) }
}
