//! Where in a text the answer stands.

use serde_json::Value;

use super::lenient::{self, Fault};
use super::repair::{Repair, Repairs};

/// Places of a text that are tried.
const PLACES_MAX: usize = 16;

/// Bytes of an answer that are looked through.
const ANSWER_BYTES_MAX: usize = 4 * 1024 * 1024;

/// A value that may be the answer.
#[derive(Debug)]
pub(super) struct Candidate {
    pub(super) value: Value,
    pub(super) repairs: Repairs,
    /// Whether nothing before it looked like the beginning of one: else it may be a part of a broken whole.
    pub(super) is_first: bool,
}

/// All values in the text that may be the answer, in its order. A text that is JSON is that and nothing else.
pub(super) fn candidates(text: &str, whole: bool) -> Vec<Candidate> {
    let text = text.trim();
    if let Ok(value) = serde_json::from_str(text) {
        return vec![Candidate { value, repairs: Repairs::default(), is_first: true }];
    }
    if text.len() > ANSWER_BYTES_MAX {
        return Vec::new();
    }
    let said = after_thoughts(text);
    let found = scan(said, whole);
    if found.is_empty() && said.len() < text.len() { scan(text, whole) } else { found }
}

/// What follows the last thought.
fn after_thoughts(text: &str) -> &str {
    let mut said = text;
    for close in ["</think>", "</thinking>", "</reasoning>"] {
        said = said.rfind(close).map_or(said, |at| &said[at + close.len()..]);
    }
    said
}

fn scan(text: &str, whole: bool) -> Vec<Candidate> {
    let mut found = Vec::new();
    let (mut at, mut is_first) = (0, true);
    for _ in 0..PLACES_MAX {
        let Some(start) = text[at..].find(['{', '[']).map(|next| at + next) else { break };
        let mut repairs = Repairs::default();
        repairs.note(Repair::Surroundings);
        match value_at(text, start, whole, &mut repairs) {
            Ok((value, end)) => {
                // `[1]` in the prose before the answer is a footnote.
                if value.is_object()
                    || value.as_array().is_some_and(|items| items.iter().any(Value::is_object))
                {
                    found.push(Candidate { value, repairs, is_first });
                }
                at = end;
            }
            Err(Fault::Cut) => {
                // The answer itself was cut: what stands before it was a draft.
                if is_begun(&text[start..]) {
                    found.clear();
                }
                break;
            }
            Err(Fault::Wrong(_)) => {
                is_first = is_first && text[start..].starts_with('[');
                at = start + 1;
            }
        }
    }
    found
}

/// Whether a text that ends in the middle looks like an answer, and not like a bracket in the prose behind one.
fn is_begun(open: &str) -> bool {
    let inside = open.trim_start_matches(['{', '[']).trim_start();
    inside.is_empty() || inside.starts_with(['"', '\'', '“'])
}

fn value_at(text: &str, start: usize, whole: bool, repairs: &mut Repairs) -> Result<(Value, usize), Fault> {
    let mut strict = serde_json::Deserializer::from_str(&text[start..]).into_iter::<Value>();
    if let Some(Ok(value)) = strict.next() {
        return Ok((value, start + strict.byte_offset()));
    }
    lenient::read(text, start, whole, repairs).map(|read| (read.value, read.end))
}
