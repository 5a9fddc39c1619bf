//! How a whole answer is streamed in pieces.

use divisi_llm::TokenSink;

/// Characters of one streamed piece.
const PIECE_CHARS: usize = 64;

/// Pushes `text` in pieces of the usual size.
pub(crate) fn push_pieces(text: &str, sink: &mut dyn TokenSink) {
    push_pieces_of(text, PIECE_CHARS, sink);
}

/// Pushes `text` in pieces of `chars` whole characters.
pub(crate) fn push_pieces_of(text: &str, chars: usize, sink: &mut dyn TokenSink) {
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.char_indices().nth(chars).map_or(rest.len(), |(at, _)| at);
        sink.push(&rest[..end]);
        rest = &rest[end..];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Pieces(Vec<String>);

    impl TokenSink for Pieces {
        fn push(&mut self, text: &str) {
            self.0.push(text.to_owned());
        }
    }

    #[test]
    fn pieces_are_whole_characters_and_sum_to_the_text() {
        let text = "å".repeat(PIECE_CHARS * 2 + 1);
        let mut pieces = Pieces(Vec::new());
        push_pieces(&text, &mut pieces);
        assert_eq!(pieces.0.len(), 3);
        assert_eq!(pieces.0.concat(), text);
    }
}
