//! Plain BM25 over sentences: the best twelve, nothing else. What the provider must beat.

use std::collections::{BTreeMap, BTreeSet};

use divisi_tools::corpus::Corpus;
use divisi_tools::retrieval::sentences;

/// Sentences of the baseline's report.
const SENTENCES: usize = 12;
const K1: f64 = 1.2;
const B: f64 = 0.75;

/// The texts of the twelve best sentences.
pub(crate) fn best_sentences(corpus: &Corpus, ask: &str) -> Vec<String> {
    let mut all: Vec<(&str, Vec<String>)> = Vec::new();
    for document in corpus.documents() {
        let text = document.parsed.text.as_str();
        for span in sentences(text) {
            if let Some(sentence) = text.get(span.start as usize..span.end as usize) {
                all.push((sentence, words(sentence)));
            }
        }
    }
    let asked: BTreeSet<String> = words(ask).into_iter().collect();
    let mut frequency: BTreeMap<&str, f64> = BTreeMap::new();
    for (_, words) in &all {
        for word in words.iter().map(String::as_str).collect::<BTreeSet<_>>() {
            if asked.contains(word) {
                *frequency.entry(word).or_default() += 1.0;
            }
        }
    }
    let count = real(all.len());
    let average = all.iter().map(|(_, words)| real(words.len())).sum::<f64>() / count.max(1.0);
    let score = |words: &[String]| -> f64 {
        let length = real(words.len()) / average.max(1.0);
        let gain = |term: &String| {
            let times = real(words.iter().filter(|word| *word == term).count());
            let with = frequency.get(term.as_str()).copied().unwrap_or(0.0);
            let rarity = (1.0 + (count - with + 0.5) / (with + 0.5)).ln();
            rarity * times * (K1 + 1.0) / (times + K1 * (1.0 - B + B * length))
        };
        asked.iter().map(gain).sum()
    };
    let mut scored: Vec<(f64, usize)> =
        all.iter().enumerate().map(|(at, (_, words))| (score(words), at)).collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    scored.into_iter().take(SENTENCES).map(|(_, at)| all[at].0.to_owned()).collect()
}

fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

fn real(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::MAX, f64::from)
}
