//! Models whose streams do not come, though plain answers do: some proxies pass on nothing else, and some servers say only
//! in a plain answer why they do not answer.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use divisi_domain::model_step::FailureClass;
use divisi_domain::name::Name;
use divisi_llm::ProviderError;

/// Models that are remembered.
const REMEMBERED_MAX: usize = 1_000;
/// Turns of a stream that failed and a whole answer after which no stream is asked for: a service that merely has a bad
/// minute is not taken for one whose streams never come.
const BROKEN_AFTER: u8 = 3;

/// How an answer is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Coming {
    /// Piece by piece.
    #[default]
    Streamed,
    /// At once.
    Whole,
}

/// What calls have shown, by model, as long as the process lives.
#[derive(Debug, Clone, Default)]
pub(crate) struct Comings(Arc<Mutex<BTreeMap<Name, Known>>>);

#[derive(Debug, Clone, Copy, Default)]
struct Known {
    next: Coming,
    streams: Streams,
}

/// Whether a model's streams come to their end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Streams {
    /// None did yet. So often one failed, and what was asked next was answered, whole.
    Unsure(u8),
    /// One did: what fails later fails for another reason.
    Sound,
    /// That happened too often: none is asked for any more.
    Broken,
}

impl Default for Streams {
    fn default() -> Self {
        Self::Unsure(0)
    }
}

impl Comings {
    /// How the next answer is asked for.
    pub(crate) fn next(&self, model: &Name) -> Coming {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(model).copied().unwrap_or_default().next
    }

    /// Takes in that an answer came to its end that was asked for so.
    pub(crate) fn answered(&self, model: &Name, coming: Coming) {
        self.change(model, |known| match (coming, known.streams) {
            (Coming::Streamed, _) => *known = Known { next: Coming::Streamed, streams: Streams::Sound },
            // Of several that were asked for whole beside each other the first one decides.
            (Coming::Whole, Streams::Unsure(failed)) if known.next == Coming::Whole => {
                *known = after(failed.saturating_add(1));
            }
            (Coming::Whole, Streams::Sound) => known.next = Coming::Streamed,
            (Coming::Whole, Streams::Unsure(_) | Streams::Broken) => {}
        });
    }

    /// Takes in that a call failed that was made so.
    pub(crate) fn failed(&self, model: &Name, coming: Coming, error: &ProviderError) {
        self.change(model, |known| match coming {
            Coming::Streamed if may_be_of_the_stream(known.streams, error) => known.next = Coming::Whole,
            Coming::Whole if known.streams != Streams::Broken => known.next = Coming::Streamed,
            Coming::Streamed | Coming::Whole => {}
        });
    }

    fn change(&self, model: &Name, change: impl FnOnce(&mut Known)) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = all.get_mut(model) {
            change(known);
        } else if all.len() < REMEMBERED_MAX {
            change(all.entry(model.clone()).or_default());
        }
    }
}

/// What is known after so many turns.
const fn after(failed: u8) -> Known {
    if failed >= BROKEN_AFTER {
        Known { next: Coming::Whole, streams: Streams::Broken }
    } else {
        Known { next: Coming::Streamed, streams: Streams::Unsure(failed) }
    }
}

/// Whether a failure may be one of streams alone: one ended without a word, as llama-cpp-python ends it where the prompt is
/// longer than its context, or none of this model ever came to its end.
fn may_be_of_the_stream(streams: Streams, error: &ProviderError) -> bool {
    let is_mute = error.class == FailureClass::Truncated && !error.generated;
    let breaks =
        matches!(error.class, FailureClass::Truncated | FailureClass::Overloaded | FailureClass::Connection);
    is_mute || (breaks && error.sent && streams != Streams::Sound)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model() -> Name {
        Name::from_static("m")
    }

    fn failure(class: FailureClass) -> ProviderError {
        ProviderError { generated: true, ..ProviderError::new(class, String::new()) }
    }

    /// A call that is made as is known by now, and what comes of it: `true` an answer, `false` a server that fails.
    fn call(comings: &Comings, answered: bool) -> Coming {
        let coming = comings.next(&model());
        if answered {
            comings.answered(&model(), coming);
        } else {
            comings.failed(&model(), coming, &failure(FailureClass::Overloaded));
        }
        coming
    }

    /// Only where none ever came to its end, and the same is answered whole again and again.
    #[test]
    fn streams_that_never_come_are_asked_for_no_more() {
        use Coming::{Streamed, Whole};
        let comings = Comings::default();
        for turn in 1..=3 {
            assert_eq!((call(&comings, false), call(&comings, true)), (Streamed, Whole), "{turn}");
        }
        let rest = [true, true, false, true].map(|answered| call(&comings, answered));
        assert_eq!(rest, [Whole; 4], "also where a whole answer fails");
        assert_eq!(comings.next(&Name::from_static("other")), Streamed);
    }

    #[test]
    fn a_service_with_a_bad_minute_goes_on_streaming() {
        use Coming::{Streamed, Whole};
        let rows: [(&[bool], &[Coming]); 3] = [
            // A stream has come: what fails later is no fault of streams.
            (&[true, false, false, false, true], &[Streamed; 5]),
            // Whole answers fail as well.
            (&[false, false, false, false, true], &[Streamed, Whole, Streamed, Whole, Streamed]),
            (
                &[false, true, false, true, true, false, true, false],
                &[Streamed, Whole, Streamed, Whole, Streamed, Streamed, Streamed, Streamed],
            ),
        ];
        for (answered, expected) in rows {
            let comings = Comings::default();
            let asked: Vec<Coming> = answered.iter().map(|answered| call(&comings, *answered)).collect();
            assert_eq!(asked, expected, "{answered:?}");
        }
    }

    /// Of calls beside each other that fail in one moment and are all answered whole, one turn is counted.
    #[test]
    fn what_fails_in_one_moment_counts_once() {
        let comings = Comings::default();
        for _ in 0..8 {
            comings.failed(&model(), Coming::Streamed, &failure(FailureClass::Overloaded));
        }
        assert_eq!(comings.next(&model()), Coming::Whole);
        for _ in 0..8 {
            comings.answered(&model(), Coming::Whole);
        }
        assert_eq!(comings.next(&model()), Coming::Streamed);
    }

    /// A stream that ends without a word hides why, also where others came; what was never sent, came too often or took too
    /// long is no fault of streams.
    #[test]
    fn some_failures_are_those_of_streams() {
        let rows = [
            (FailureClass::Truncated, false, true, [true, true]),
            (FailureClass::Truncated, true, true, [true, false]),
            (FailureClass::Overloaded, false, true, [true, false]),
            (FailureClass::Connection, false, true, [true, false]),
            (FailureClass::Connection, false, false, [false, false]),
            (FailureClass::RateLimited, false, true, [false, false]),
            (FailureClass::TimedOut, false, true, [false, false]),
            (FailureClass::Unauthorized, false, true, [false, false]),
        ];
        for (class, generated, sent, expected) in rows {
            let asked = [false, true].map(|is_sound| {
                let comings = Comings::default();
                if is_sound {
                    comings.answered(&model(), Coming::Streamed);
                }
                let error = ProviderError { generated, sent, ..failure(class) };
                comings.failed(&model(), Coming::Streamed, &error);
                comings.next(&model()) == Coming::Whole
            });
            assert_eq!(asked, expected, "{class:?} {generated} {sent}");
        }
    }
}
