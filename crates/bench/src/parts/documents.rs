//! Documents: from their bytes to an index that can be searched.

use std::sync::Arc;

use divisi_tools::corpus::{Attachment, Corpus};
use divisi_tools::documents::{ParseLimits, parse};

use crate::error::BenchError;
use crate::figure::{Figure, Unit};
use crate::means::Means;
use crate::parts::cold::licence_files;
use crate::scale::Scale;
use crate::statistics::{median, number};

/// Files of text.
const FILES: usize = 4;
/// What a sentence of a made-up text is made of, where the machine has no licences.
const WORDS: [&str; 8] = ["every", "copy", "of", "this", "program", "keeps", "its", "notice"];

pub(super) fn run(means: &Means, scale: Scale) -> Result<Vec<Figure>, BenchError> {
    let bytes = scale.pick(64 * 1_024, 4 * 1_024 * 1_024, 8 * 1_024 * 1_024);
    let texts: Vec<String> = (0..FILES).map(|file| text(file, bytes)).collect();
    let whole: usize = texts.iter().map(String::len).sum();
    let mut rates = Vec::new();
    for _ in 0..scale.rounds() {
        let (read, took) = means.timed(|| read(&texts));
        if read != FILES {
            return Err(BenchError::Invalid(format!("{read} of {FILES} documents were read")));
        }
        rates.push(number(whole) / 1e6 / took.as_secs_f64().max(f64::EPSILON));
    }
    let figure =
        Figure::maybe("text read, cut and indexed, MB", Unit::PerSecond, median(&rates), "nothing ran");
    let note = "one thread; licence texts again and again, each line with a number of its own";
    Ok(vec![figure.at_least(10.0).note(note)])
}

/// Text of at least so many bytes, no line of it twice.
fn text(file: usize, bytes: usize) -> String {
    let known: Vec<String> =
        licence_files().iter().filter_map(|path| std::fs::read_to_string(path).ok()).collect();
    let made_up = WORDS.repeat(4).join(" ");
    let lines: Vec<&str> = if known.is_empty() {
        vec![made_up.as_str(), ""]
    } else {
        known.iter().flat_map(|text| text.lines()).collect()
    };
    let mut text = String::with_capacity(bytes + 256);
    for (turn, line) in (0_usize..).zip(lines.iter().cycle()) {
        if text.len() >= bytes {
            break;
        }
        text.push_str(line);
        if !line.trim().is_empty() {
            text.push_str(" no ");
            text.push_str(&(turn * FILES + file).to_string());
        }
        text.push('\n');
    }
    text
}

/// How many documents can be searched.
fn read(texts: &[String]) -> usize {
    let limits = ParseLimits::default();
    let attachments = texts.iter().enumerate().map(|(file, text)| {
        let name = format!("text{file}.txt");
        let parsed = parse(text.as_bytes(), &name, &limits).map(Arc::new);
        Attachment { name, parsed }
    });
    let corpus = Corpus::build(attachments.collect());
    corpus.documents().len()
}
