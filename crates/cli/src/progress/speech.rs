//! What specialists say while their models still write: the end of the text of whoever spoke last.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use divisi_api::{SubtaskStatus, SubtaskView};
use unicode_width::UnicodeWidthChar;

use super::Snapshot;
use crate::render::{Paint, fit, plain_line};

/// Characters of an answer that are kept.
const CHARS_MAX: usize = 4_000;
/// Answers that are kept.
const ANSWERS_MAX: usize = 64;
/// Rows of text on the screen.
const TEXT_ROWS_MAX: usize = 3;
/// Narrower than this, words would be torn.
const WIDTH_MIN: usize = 30;

/// The answers that are being written.
#[derive(Debug, Default)]
pub(crate) struct Speech {
    answers: BTreeMap<String, Answer>,
    /// Who spoke last.
    last: Option<String>,
}

#[derive(Debug, Default)]
struct Answer {
    attempt: u16,
    /// Characters heard so far, those that are not kept any more included.
    heard: u64,
    text: VecDeque<char>,
}

impl Speech {
    /// More of an answer. What was heard before is not heard twice; where something is missing, it begins anew.
    pub(crate) fn token(&mut self, effect: &str, attempt: u16, offset: u64, text: &str) {
        if subtask_of(effect).is_none() {
            return;
        }
        if self.answers.len() >= ANSWERS_MAX && !self.answers.contains_key(effect) {
            self.answers.clear();
        }
        let answer = self.answers.entry(effect.to_owned()).or_default();
        if answer.attempt != attempt || offset > answer.heard {
            *answer = Answer { attempt, heard: offset, text: VecDeque::new() };
        }
        let known = usize::try_from(answer.heard - offset).unwrap_or(usize::MAX);
        for character in text.chars().skip(known) {
            answer.text.push_back(character);
            answer.heard += 1;
        }
        let surplus = answer.text.len().saturating_sub(CHARS_MAX);
        answer.text.drain(..surplus);
        self.last = Some(effect.to_owned());
    }

    /// The text of an attempt is withdrawn.
    pub(crate) fn withdrawn(&mut self, effect: &str, attempt: u16) {
        if self.answers.get(effect).is_some_and(|answer| answer.attempt == attempt) {
            self.answers.remove(effect);
        }
    }

    /// Rows with the end of what the last specialist says that still works.
    pub(super) fn rows(&self, snapshot: &Snapshot, width: usize, paint: Paint) -> Vec<String> {
        let speaks = |subtask: &&SubtaskView| {
            matches!(subtask.status, SubtaskStatus::Running | SubtaskStatus::Revising)
        };
        let working: BTreeSet<u16> =
            snapshot.plan.subtasks.iter().filter(speaks).map(|subtask| subtask.number).collect();
        let spoken =
            self.last.as_ref().and_then(|effect| Some((subtask_of(effect)?, self.answers.get(effect)?)));
        let Some((number, answer)) = spoken.filter(|(number, _)| working.contains(number)) else {
            return Vec::new();
        };
        let said = readable(answer.text.iter().copied());
        let room = width.saturating_sub(4).max(WIDTH_MIN);
        let lines = last_lines(&plain_line(&said), room);
        if lines.is_empty() {
            return Vec::new();
        }
        let mut rows = vec![paint.dim(&fit(&format!("  subtask {number} writes"), width))];
        rows.extend(lines.iter().map(|line| paint.dim(&fit(&format!("  │ {line}"), width))));
        rows
    }
}

/// The subtask whose specialist an effect is a turn of.
fn subtask_of(effect: &str) -> Option<u16> {
    let (_, after) = effect.split_once("/execute/s")?;
    after.split('/').next()?.parse().ok()
}

/// The text that a person would read: of JSON, which specialists answer with, only the values that are texts.
fn readable(text: impl Iterator<Item = char>) -> String {
    let text: String = text.collect();
    let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    if !text.trim_start().starts_with(['{', '[', '"']) {
        return plain(
            &text
                .chars()
                .filter(|character| !character.is_control() || character.is_whitespace())
                .collect::<String>(),
        );
    }
    let mut values: Vec<String> = Vec::new();
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        if character != '"' {
            continue;
        }
        let value = string(&mut rest);
        while rest.peek().is_some_and(|next| next.is_whitespace()) {
            rest.next();
        }
        // What stands before a colon is the name of a field.
        if rest.peek() != Some(&':') {
            values.push(plain(&value));
        }
    }
    values.retain(|value| !value.is_empty());
    values.join(" · ")
}

/// A text of JSON behind its first quotation mark, as far as it was written.
fn string(rest: &mut impl Iterator<Item = char>) -> String {
    let mut value = String::new();
    while let Some(character) = rest.next() {
        match character {
            '"' => break,
            '\\' => match rest.next() {
                Some('n' | 't' | 'r') => value.push(' '),
                Some('u') => {
                    let code: String = rest.take(4).collect();
                    let known = u32::from_str_radix(&code, 16).ok().and_then(char::from_u32);
                    value.extend(known.filter(|character| !character.is_control()));
                }
                Some(escaped) => value.push(escaped),
                None => {}
            },
            character if character.is_control() => value.push(' '),
            character => value.push(character),
        }
    }
    value
}

/// The last lines of a text that is broken at `width` columns.
fn last_lines(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let wide: usize = word.chars().filter_map(UnicodeWidthChar::width).sum();
        if used > 0 && used + 1 + wide > width {
            lines.push(String::new());
            used = 0;
        }
        if let Some(line) = lines.last_mut() {
            if used > 0 {
                line.push(' ');
                used += 1;
            }
            line.push_str(word);
            used += wide;
        }
    }
    lines.retain(|line| !line.is_empty());
    lines.split_off(lines.len().saturating_sub(TEXT_ROWS_MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    const EFFECT: &str = "p1/execute/s2/cycle0/turn1/model";

    /// Attempt, offset, text.
    type Piece = (u16, u64, &'static str);

    fn heard(pieces: &[(u16, u64, &str)]) -> String {
        let mut speech = Speech::default();
        for (attempt, offset, text) in pieces {
            speech.token(EFFECT, *attempt, *offset, text);
        }
        speech.answers.get(EFFECT).map(|answer| answer.text.iter().collect()).unwrap_or_default()
    }

    #[test]
    fn pieces_join_without_gap_or_double() {
        let rows: [(&[Piece], &str); 6] = [
            (&[(1, 0, "Mem"), (1, 3, "bers")], "Members"),
            (&[(1, 0, "Mem"), (1, 0, "Members")], "Members"),
            (&[(1, 0, "Mé"), (1, 1, "éß"), (1, 3, "!")], "Méß!"),
            (&[(1, 0, "Mem"), (1, 9, "later")], "later"),
            (&[(1, 0, "Mem"), (2, 0, "Anew")], "Anew"),
            (&[], ""),
        ];
        for (pieces, expected) in rows {
            assert_eq!(heard(pieces), expected, "{pieces:?}");
        }
        let long = "x".repeat(CHARS_MAX + 10);
        assert_eq!(heard(&[(1, 0, &long), (1, CHARS_MAX as u64 + 10, "end")]).len(), CHARS_MAX);
    }

    #[test]
    fn only_what_a_specialist_says_is_heard_and_what_is_withdrawn_is_gone() {
        let mut speech = Speech::default();
        speech.token("p1/analyse", 1, 0, "What is asked");
        assert!(speech.answers.is_empty());
        speech.token(EFFECT, 2, 0, "Text");
        speech.withdrawn(EFFECT, 1);
        assert_eq!(speech.answers.len(), 1, "another attempt was");
        speech.withdrawn(EFFECT, 2);
        assert!(speech.answers.is_empty());
        for number in 0..1_000 {
            speech.token(&format!("p1/execute/s{number}/cycle0/turn1/model"), 1, 0, "Text");
        }
        assert!(speech.answers.len() <= ANSWERS_MAX);
    }

    #[test]
    fn of_json_the_texts_are_read() {
        let rows = [
            ("Plain\n\ntext \u{1b}[31mred", "Plain text [31mred"),
            (
                r#"{"claims": [{"text": "The fee is due.", "n": 3}], "summary": "In Jan"#,
                "The fee is due. · In Jan",
            ),
            (r#"{"a":"one\ntwo \"three\" \u00e9\u001b \\"}"#, r#"one two "three" é \"#),
            (r#"{"a"#, "a"),
            (r#"{"a":"\u00"#, ""),
            ("{}", ""),
        ];
        for (text, expected) in rows {
            assert_eq!(readable(text.chars()), expected, "{text}");
        }
    }

    #[test]
    fn the_end_of_it_fits() {
        let text = "one two three four five six seven eight nine ten";
        assert_eq!(last_lines(text, 10), ["seven", "eight nine", "ten"]);
        assert_eq!(last_lines("", 10), [] as [String; 0]);
    }
}
