//! How much a model takes, in the words of a server that refused more.

/// What stands before the number, with what may be between. The first that has a number behind it decides.
const BEFORE: [&str; 14] = [
    "maximum context length is ",
    "maximum context length of ",
    "maximum context length (",
    "context window of ",
    "available context size (",
    "context length of only ",
    "context length of ",
    "context length (",
    "context size of ",
    "max_seq_len ",
    "number of tokens allowed (",
    "must be <= ",
    "must have less than ",
    "> ",
];
/// A model with less would be of no use; such a number is about something else.
const TOKENS_MIN: u32 = 256;

/// Tokens that there is room for, if the words say so.
pub(super) fn context_said(words: &str) -> Option<u32> {
    let words = words.to_ascii_lowercase();
    let number = |before: &&str| {
        let behind = &words[words.find(*before)? + before.len()..];
        let end = behind.find(|char: char| !char.is_ascii_digit() && char != ',').unwrap_or(behind.len());
        behind[..end].replace(',', "").parse().ok().filter(|tokens| *tokens >= TOKENS_MIN)
    };
    BEFORE.iter().find_map(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_say_how_much_they_take_in_many_ways() {
        let rows = [
            (
                "This model's maximum context length is 2048 tokens. However, you requested 2304 tokens (1304 in the messages, 1000 in the completion).",
                Some(2_048),
            ),
            ("Requested tokens (2304) exceed context window of 2048", Some(2_048)),
            (
                "request (713 tokens) exceeds the available context size (512 tokens), try increasing it",
                Some(512),
            ),
            (
                "Trying to keep the first 5000 tokens when context the overflows. However, the model is loaded with context length of only 4096 tokens, which is not enough.",
                Some(4_096),
            ),
            ("The input (5000 tokens) is longer than the model's context length (4096 tokens).", Some(4_096)),
            (
                "Requested token count exceeds the model's maximum context length of 8,192 tokens.",
                Some(8_192),
            ),
            ("`inputs` tokens + `max_new_tokens` must be <= 2048. Given: 3000 `inputs` tokens", Some(2_048)),
            ("Context length 5000 is greater than max_seq_len 4096", Some(4_096)),
            (
                "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
                Some(1_048_576),
            ),
            ("prompt is too long: 215000 tokens > 200000 maximum", Some(200_000)),
            (
                "input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000, decrease input length",
                Some(200_000),
            ),
            ("prompt too long; exceeded max context length by 40 tokens", None),
            ("too long: 20 > 10", None),
            ("maximum context length is 99999999999 tokens", None),
            ("", None),
        ];
        for (words, tokens) in rows {
            assert_eq!(context_said(words), tokens, "{words}");
        }
    }
}
