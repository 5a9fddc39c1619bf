//! Scores and feedback from what was measured.

use divisi_llm::outputs::{Review, Scores};

use super::measure::{CLAIM_WORDS_MAX, Measures, SUMMARY_WORDS_MAX};
use crate::extractive::text::{real, shortened};
use crate::extractive::wording::{Mend, NAMED_WORDS, quoted};

/// Findings of one kind that feedback names.
const NAMED_MAX: usize = 5;

/// The review of a solution that was measured.
pub(super) fn verdict(measures: &Measures) -> Review {
    let scores = scores(measures);
    let requests = requests(measures);
    let overall =
        (3.0 * scores.completeness + 3.0 * scores.accuracy + 2.0 * scores.relevance + 2.0 * scores.quality)
            / 10.0;
    let accepted = overall >= 7.0;
    Review {
        scores,
        overall_score: Some((overall * 100.0).round() / 100.0),
        strengths: strengths(measures),
        weaknesses: requests.clone(),
        feedback: if requests.is_empty() { "Nothing to mend.".to_owned() } else { requests.join(" ") },
        revision_requests: requests,
        recommendation: Some(if accepted { "accept" } else { "revise" }.to_owned()),
    }
}

fn scores(measures: &Measures) -> Scores {
    let off = measures.share(&measures.off_topic);
    let repeated = measures.share(&measures.repeated);
    let unsound =
        [&measures.wrong, &measures.uncited, &measures.unsupported].iter().any(|found| !found.is_empty());
    let unsupported = measures.share(&measures.unsupported);
    let padded = padding(measures);
    let open = real(measures.open.len()) / real(measures.aspects.len().max(1));
    let empty = measures.claims == 0;
    if empty {
        return nothing_found(measures);
    }
    let sound_cap = if unsound { 6.0 } else { 10.0 };
    Scores {
        completeness: score(10.0 - 10.0 * open - 8.0 * off - 10.0 * repeated - 3.0 * padded),
        accuracy: score(accuracy(measures)),
        relevance: score(10.0 - 20.0 * off - 20.0 * repeated - 5.0 * padded - 6.0 * open),
        quality: score(
            (10.0 - 15.0 * off - 30.0 * repeated - 8.0 * padded - 10.0 * unsupported).min(sound_cap),
        ),
    }
}

/// One wrong span, one claim without a source or beyond its source spoils the whole.
fn accuracy(measures: &Measures) -> f64 {
    let unsound = measures.wrong.len() + measures.uncited.len() + measures.unsupported.len();
    if unsound == 0 { 10.0 } else { 1.0 - real(unsound) / real(measures.claims.max(1)) }
}

/// Nothing to say is right where it says so; whether it looked well enough cannot be measured here.
fn nothing_found(measures: &Measures) -> Scores {
    if measures.states_gaps && measures.wrong.is_empty() && measures.summary_words <= SUMMARY_WORDS_MAX {
        return Scores { completeness: 7.5, accuracy: 8.5, relevance: 7.5, quality: 7.5 };
    }
    Scores { completeness: 0.0, accuracy: 3.0, relevance: 2.0, quality: 2.0 }
}

/// 0 for none to 1: words beyond what one solution needs.
fn padding(measures: &Measures) -> f64 {
    let over = |words: usize, max: usize| (real(words) / real(max) - 1.0).clamp(0.0, 1.0);
    let summary = if measures.summary_words > SUMMARY_WORDS_MAX { 1.0 } else { 0.0 };
    over(measures.claim_words, CLAIM_WORDS_MAX).max(summary)
}

fn score(raw: f64) -> f64 {
    (raw.clamp(0.0, 10.0) * 10.0).round() / 10.0
}

fn strengths(measures: &Measures) -> Vec<String> {
    let mut strengths = Vec::new();
    if measures.claims > 0 && measures.wrong.is_empty() && measures.uncited.is_empty() {
        strengths.push(format!("All {} statements cite passages that say exactly that.", measures.claims));
    }
    if measures.open.is_empty() && measures.claims > 0 {
        strengths.push("Every part of the subtask is spoken of.".to_owned());
    }
    strengths
}

/// What to mend, in sentences that the specialist reads again.
fn requests(measures: &Measures) -> Vec<String> {
    let mut requests = Vec::new();
    let mut ask = |mend: Mend, items: &[String]| {
        let named = items.iter().take(NAMED_MAX).map(|item| quoted(&shortened(item, NAMED_WORDS)));
        let named: Vec<String> = named.collect();
        if !named.is_empty() {
            requests.push(format!("{}: {}.", mend.sentence(), named.join(", ")));
        }
    };
    ask(Mend::Missing, &measures.open);
    ask(Mend::Uncited, &measures.uncited);
    ask(Mend::WrongSpan, &measures.wrong);
    ask(Mend::Unsupported, &measures.unsupported);
    ask(Mend::OffTopic, &measures.off_topic);
    ask(Mend::Repeated, &measures.repeated);
    if padding(measures) > 0.0 {
        requests.push(format!("{}.", Mend::Shorten.sentence()));
    }
    if measures.claims == 0 && !measures.states_gaps {
        requests.push(format!("{}.", Mend::Nothing.sentence()));
    }
    requests
}

#[cfg(test)]
mod tests;
