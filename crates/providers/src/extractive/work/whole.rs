//! What documents that were read as a whole say of whom a question is about.

use std::collections::{BTreeMap, BTreeSet};

use super::searches::Findings;
use super::weigh::is_loose_number;
use crate::extractive::text::concept::{Concept, Kind};

/// What a document read as a whole gives each of its statements of a name that stands anywhere in it, and of any other
/// word.
const IN_DOCUMENT_NAME: f64 = 0.75;
const IN_DOCUMENT: f64 = 0.3;

/// How strongly each document that was read as a whole speaks of each concept. Whom it names at its beginning it is
/// about all along.
pub(super) fn in_documents(concepts: &[(Concept, f64)], findings: &Findings) -> BTreeMap<String, Vec<f64>> {
    let strengths = |(source, stems): (&String, &BTreeSet<String>)| {
        let all: BTreeSet<&str> = stems.iter().map(String::as_str).collect();
        let opening: BTreeSet<&str> =
            findings.openings.get(source).into_iter().flatten().map(String::as_str).collect();
        let strength = |(concept, _): &(Concept, f64)| match concept.kind {
            Kind::Name if concept.strength(&opening) > 0.0 => IN_DOCUMENT_NAME,
            _ => IN_DOCUMENT * concept.strength(&all),
        };
        (source.clone(), concepts.iter().map(strength).collect())
    };
    findings.whole.iter().map(strengths).collect()
}

/// For each document the names that stand at its beginning and nowhere behind it; one such word of a name is enough.
pub(super) fn selecting(
    concepts: &[(Concept, f64)],
    runs: &[Vec<String>],
    findings: &Findings,
) -> BTreeMap<String, BTreeSet<usize>> {
    let of = |(source, opening): (&String, &BTreeSet<String>)| {
        let opening: BTreeSet<&str> = opening.iter().map(String::as_str).collect();
        let bodies = findings.bodies.get(source);
        let body: BTreeSet<&str> = bodies.into_iter().flatten().map(String::as_str).collect();
        let only_there = |one: &Concept| {
            one.kind == Kind::Name
                && one.word.starts_with(char::is_alphabetic)
                && one.strength(&opening) > 0.0
                && one.strength(&body) <= 0.0
        };
        let run_of = |one: &Concept| runs.iter().find(|run| run.contains(&one.stem));
        let selects = |one: &Concept| {
            only_there(one)
                || run_of(one).is_some_and(|run| {
                    concepts.iter().any(|(mate, _)| run.contains(&mate.stem) && only_there(mate))
                })
        };
        let at = concepts.iter().enumerate().filter(|(_, (one, _))| selects(one)).map(|(at, _)| at);
        (source.clone(), at.collect())
    };
    findings.openings.iter().map(of).collect()
}

/// The documents that speak of every name of the question; `None` where there is no name, or where no document has all
/// and the question joins them.
pub(super) fn on_names(
    text: &str,
    concepts: &[(Concept, f64)],
    runs: &[Vec<String>],
    findings: &Findings,
) -> Option<BTreeSet<String>> {
    let names: Vec<&Concept> = concepts
        .iter()
        .map(|(concept, _)| concept)
        .filter(|one| one.kind == Kind::Name && !one.aside && !is_loose_number(one))
        .collect();
    if names.is_empty() || findings.whole.len() < 2 {
        return None;
    }
    let has = |stems: &BTreeSet<String>, name: &Concept| {
        name.strength(&stems.iter().map(String::as_str).collect()) > 0.0
    };
    let run_mates = |name: &Concept| runs.iter().find(|run| run.contains(&name.stem));
    let speaks = |stems: &BTreeSet<String>, name: &Concept| {
        let mates = run_mates(name);
        has(stems, name)
            || mates.is_some_and(|run| names.iter().any(|one| run.contains(&one.stem) && has(stems, one)))
    };
    let all = |stems: &BTreeSet<String>| names.iter().all(|name| speaks(stems, name));
    let on: BTreeSet<String> =
        findings.whole.iter().filter(|(_, stems)| all(stems)).map(|(source, _)| source.clone()).collect();
    let joined =
        [" and ", " or ", " und ", " oder ", " et ", " ou "].iter().any(|joint| text.contains(joint));
    if on.is_empty() && joined { None } else { Some(on) }
}
