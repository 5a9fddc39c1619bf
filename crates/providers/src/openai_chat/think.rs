//! Thoughts that models write into their answer, between `<think>` and `</think>`.

const OPEN: &str = "<think>";
const CLOSE: &str = "</think>";

/// Keeps the thoughts at the beginning of an answer out of it. Tags may be cut anywhere.
#[derive(Debug, Default)]
pub(super) struct Thoughts {
    state: State,
    held: String,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum State {
    /// Nothing but space, or part of the tag, so far.
    #[default]
    Start,
    Thinking,
    /// The space after the thoughts.
    After,
    Speaking,
}

impl Thoughts {
    /// What of `text` belongs to the answer.
    pub(super) fn keep_out(&mut self, text: &str) -> String {
        if self.state == State::Speaking {
            return text.to_owned();
        }
        self.held.push_str(text);
        loop {
            match self.state {
                State::Start => {
                    let begun = self.held.trim_start();
                    if let Some(rest) = begun.strip_prefix(OPEN) {
                        self.held = rest.to_owned();
                        self.state = State::Thinking;
                    } else if OPEN.starts_with(begun) {
                        return String::new();
                    } else {
                        return self.speak();
                    }
                }
                State::Thinking => {
                    let Some((_, rest)) = self.held.split_once(CLOSE) else {
                        self.forget_all_but_a_part_of_the_tag();
                        return String::new();
                    };
                    self.held = rest.to_owned();
                    self.state = State::After;
                }
                State::After => {
                    self.held = self.held.trim_start().to_owned();
                    return if self.held.is_empty() { String::new() } else { self.speak() };
                }
                State::Speaking => return std::mem::take(&mut self.held),
            }
        }
    }

    /// What was held back and is the answer after all: an answer that is no more than the beginning of a tag.
    pub(super) fn rest(&mut self) -> String {
        if self.state == State::Start { self.speak() } else { String::new() }
    }

    fn speak(&mut self) -> String {
        self.state = State::Speaking;
        std::mem::take(&mut self.held)
    }

    fn forget_all_but_a_part_of_the_tag(&mut self) {
        let keep = self.held.floor_char_boundary(self.held.len().saturating_sub(CLOSE.len() - 1));
        self.held.drain(..keep);
    }
}

/// The answer of a text whose thoughts have no opening tag, since the server's template wrote it: what stands behind the
/// closing one. JSON is an answer whatever it holds.
pub(super) fn answer_of(text: &str) -> &str {
    if text.trim_start().starts_with('{') {
        return text;
    }
    text.rsplit_once(CLOSE).map_or(text, |(_, answer)| answer.trim_start())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thoughts_are_kept_out_wherever_they_are_cut() {
        let rows = [
            ("<think>a <b> c</think>\n\n{\"x\":1}", "{\"x\":1}"),
            ("\n <think>\n</think>answer", "answer"),
            ("<think></think>answer", "answer"),
            ("<think>å€😀</think>å", "å"),
            ("<think>never ends", ""),
            ("<thing>", "<thing>"),
            ("<thi", "<thi"),
            ("plain <think>x</think>", "plain <think>x</think>"),
            ("", ""),
        ];
        for (text, answer) in rows {
            for cut in (0..=text.len()).filter(|cut| text.is_char_boundary(*cut)) {
                let mut thoughts = Thoughts::default();
                let mut kept = thoughts.keep_out(&text[..cut]);
                kept.push_str(&thoughts.keep_out(&text[cut..]));
                kept.push_str(&thoughts.rest());
                assert_eq!(kept, answer, "{text} cut at {cut}");
            }
        }
    }

    #[test]
    fn thoughts_without_a_beginning() {
        let rows = [
            ("so it is\n</think>\n{\"x\":1}", "{\"x\":1}"),
            ("{\"x\":\"</think>\"}", "{\"x\":\"</think>\"}"),
            ("answer", "answer"),
        ];
        for (text, answer) in rows {
            assert_eq!(answer_of(text), answer);
        }
    }
}
