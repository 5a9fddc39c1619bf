//! Tokens as OpenAI counts them, for models whose tokenizer it has published: `o200k`.

use std::sync::OnceLock;

use tiktoken::CoreBpe;
use tiktoken::encoding::o200k_base;

/// Beginnings of names of the models that count so, each whole or followed by a sign.
const KNOWN: [&str; 6] = ["gpt-4o", "gpt-4.1", "gpt-5", "o1", "o3", "o4-mini"];

/// Whether texts count so at this model.
pub(crate) fn is_known(model: &str) -> bool {
    let rest = KNOWN.iter().filter_map(|known| model.strip_prefix(known));
    rest.into_iter().any(|rest| !rest.starts_with(|first: char| first.is_alphanumeric()))
}

/// Tokens of a text, never more than its bytes. The first text takes a while: the vocabulary is unpacked.
pub(crate) fn count(text: &str) -> u64 {
    static TOKENIZER: OnceLock<CoreBpe> = OnceLock::new();
    TOKENIZER.get_or_init(o200k_base).count(text).min(text.len()) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the vendor's own tokenizer says of these.
    #[test]
    fn texts_count_as_their_vendor_counts_them() {
        let rows = [
            ("", 0),
            ("  \n  \n  ", 2),
            ("The quick brown fox jumps over the lazy dog.", 10),
            ("hello\t  world", 3),
            ("they're", 2),
            ("1234567890", 4),
            ("1,000,000", 5),
            ("你好世界", 2),
            ("안녕하세요", 2),
            ("café résumé naïve über 日本語 한국어 العربية", 11),
            ("👨\u{200d}👩\u{200d}👧\u{200d}👦", 11),
            ("fn main() { println!(\"Hello\"); }", 9),
            ("const x = { key: \"value\", arr: [1, 2, 3] };", 21),
            ("<|endoftext|>", 7),
            ("Hello!!! What?? Yes... No---maybe", 9),
            ("a@b.com http://example.com/path?q=1&r=2", 15),
            ("line1\r\nline2\r\nline3", 8),
            ("};\n// so", 2),
            ("a /b\n/c", 5),
            ("x!\r\n//y", 4),
            ("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", 7),
        ];
        for (text, tokens) in rows {
            assert_eq!(count(text), tokens, "{text:?}");
        }
    }

    #[test]
    fn only_models_whose_tokenizer_is_published_are_counted() {
        let rows = [
            ("gpt-4o", true),
            ("gpt-4o-mini", true),
            ("gpt-4.1-nano", true),
            ("gpt-5", true),
            ("gpt-5.2", true),
            ("gpt-5-mini-2025-08-07", true),
            ("o3", true),
            ("o4-mini", true),
            ("gpt-6-luna", false),
            ("gpt-50", false),
            ("gpt-4", false),
            ("o30", false),
            ("claude-haiku-4-5", false),
        ];
        for (model, known) in rows {
            assert_eq!(is_known(model), known, "{model}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_has_more_tokens_than_bytes(text in "\\PC{0,60}|[\\x00-\u{10ffff}]{0,60}|[a-z0-9{}\":,/\r\n ]{0,60}") {
            proptest::prop_assert!(count(&text) <= text.len() as u64, "{text:?}");
        }

        /// What documents may hold takes no time that anybody notices, however it was meant.
        #[test]
        fn long_rows_of_one_sign_are_counted_in_time(sign in "[a \n/0!é東]") {
            proptest::prop_assert!(count(&sign.repeat(100_000)) <= 300_000);
        }
    }
}
