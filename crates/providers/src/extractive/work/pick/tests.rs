use super::*;
use crate::extractive::text::word::stems;

/// A statement at this byte with this score.
fn picked(source: &str, start: u64, text: &str, score: f64) -> Picked {
    let citation = Citation {
        source: source.to_owned(),
        file: format!("{source}.txt"),
        start,
        end: start + text.len() as u64,
        quote: text.to_owned(),
        ..Citation::default()
    };
    Picked::of(&Statement { citation, stems: stems(text) }, score)
}

fn texts(picked: &[Picked]) -> Vec<&str> {
    picked.iter().map(|one| one.citation.quote.as_str()).collect()
}

const RENT: &str = "The rent for the flat is 900 euros.";
const KEYS: &str = "All keys are returned to the landlord.";
const PETS: &str = "Pets are not allowed in the building.";

#[test]
fn the_best_comes_first_and_ties_go_by_place() {
    let found = vec![
        picked("D2", 0, RENT, 0.5),
        picked("D1", 90, KEYS, 0.5),
        picked("D1", 0, PETS, 0.9),
        picked("D1", 300, "Too weak to be told to anybody.", 0.1),
    ];
    let mut backwards = found.clone();
    backwards.reverse();
    let expected = [PETS, KEYS, RENT];
    assert_eq!(texts(&ranked(found, 0.2)), expected);
    assert_eq!(texts(&ranked(backwards, 0.2)), expected);
}

#[test]
fn overlaps_are_dropped_and_near_duplicates_merged_with_all_places() {
    let rows = vec![
        picked("D1", 0, RENT, 0.9),
        picked("D1", 10, "for the flat is 900 euros.", 0.8),
        picked("D2", 0, "The rent  for the flat\nis 900 euros.", 0.7),
        picked("D3", 0, "The rent for the flat is 950 euros.", 0.6),
    ];
    let kept = ranked(rows, 0.0);
    assert_eq!(texts(&kept), [RENT, "The rent for the flat is 950 euros."]);
    let sources = |claim: &Claim| claim.citations.iter().map(|one| one.source.clone()).collect::<Vec<_>>();
    assert_eq!(sources(&kept[0].clone().claim()), ["D1", "D2"]);
}

#[test]
fn a_statement_of_many_places_names_some() {
    let many = (0..20).map(|at| picked(&format!("D{at}"), 0, RENT, 0.5)).collect();
    let kept = ranked(many, 0.0);
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0].clone().claim().citations.len(), CITATIONS_PER_CLAIM_MAX);
}

#[test]
fn it_stops_at_the_first_that_does_not_fit() {
    let all = || vec![picked("D1", 0, RENT, 0.9), picked("D1", 100, KEYS, 0.8), picked("D1", 200, PETS, 0.7)];
    let rows: [(usize, usize, &[&str]); 6] = [
        (9, 100, &[RENT, KEYS, PETS]),
        (2, 100, &[RENT, KEYS]),
        (9, 15, &[RENT, KEYS]),
        (9, 14, &[RENT]),
        (9, 1, &[RENT]),
        (0, 0, &[RENT]),
    ];
    for (count, words, expected) in rows {
        assert_eq!(texts(&within(all(), count, words)), expected, "{count} {words}");
    }
    assert!(within(Vec::new(), 9, 100).is_empty());
}

#[test]
fn what_is_missing_displaces_nothing() {
    let all = || vec![picked("D1", 0, RENT, 0.9), picked("D1", 100, KEYS, 0.8), picked("D1", 200, PETS, 0.7)];
    for words in 1..30 {
        let before = within(all(), 9, words);
        for gone in 0..3 {
            let mut fewer = all();
            let removed = fewer.remove(gone);
            let after = within(fewer, 9, words);
            let stays = |one: &&Picked| one.citation != removed.citation;
            let lost = before
                .iter()
                .filter(stays)
                .find(|one| !after.iter().any(|other| other.citation == one.citation));
            assert!(lost.is_none(), "{words} words without {gone}: {lost:?}");
        }
    }
}

#[test]
fn a_claim_stands_on_one_line_and_quotes_as_it_is() {
    let claim = picked("D1", 0, "The rent\n  is due.", 0.5).claim();
    assert_eq!(
        (claim.text.as_str(), claim.citations[0].quote.as_str()),
        ("The rent is due.", "The rent\n  is due.")
    );
}
