//! How many tokens a text is likely to be, at most: without the model's own tokenizer nobody knows, so the estimate errs
//! on the high side.

use std::sync::LazyLock;

use divisi_llm::{Message, Remembered, Request, ToolOffer};
use serde_json::Value;

/// Parts of a token that the characters of a text are counted in.
const PARTS: u64 = 6;

/// Tokens that a chat template puts around each message or tool.
const FRAME_TOKENS: u64 = 8;

/// Letters and digits in a row after which it is no word of a language.
const WORD_CHARS_MAX: u32 = 14;

/// Tokens of a text. Words of ASCII are a third of a token a byte; signs, as JSON and markup are full of, half; digits
/// and all other characters one each, and those beyond the first plane three.
pub(super) fn of_text(text: &str) -> u64 {
    let (mut parts, mut row) = (0_u64, 0_u32);
    // By bytes: a character is as many tokens as its first byte says.
    for byte in text.bytes() {
        row = if byte.is_ascii_alphanumeric() { row.saturating_add(1) } else { 0 };
        parts += match byte {
            b'a'..=b'z' | b'A'..=b'Z' if row > WORD_CHARS_MAX => PARTS / 2,
            b'a'..=b'z' | b'A'..=b'Z' | b' ' | b'\n' => PARTS / 3,
            // A digit, or a character of the first plane.
            b'0'..=b'9' | 0xc0..=0xef => PARTS,
            ..=0x7f => PARTS / 2,
            // What follows in a character.
            0x80..=0xbf => 0,
            // Beyond the first plane.
            0xf0.. => 3 * PARTS,
        };
    }
    parts.div_ceil(PARTS)
}

pub(super) fn of_json(value: &Value) -> u64 {
    of_text(&value.to_string())
}

/// What stays the same of a request however much of its material is left out: the schema of its answer, and its tools.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Fixed {
    of_schema: u64,
    of_tools: u64,
    bytes_of_tools: u64,
}

impl Fixed {
    /// The schema counts, since servers without a mode for it are told it in words.
    pub(super) fn of(tools: &[ToolOffer], of_schema: u64) -> Self {
        tools.iter().map(Size::of_tool).fold(Self { of_schema, ..Self::default() }, |fixed, size| Self {
            of_tools: fixed.of_tools + FRAME_TOKENS + size.tokens,
            bytes_of_tools: fixed.bytes_of_tools + FRAME_TOKENS + size.bytes,
            ..fixed
        })
    }
}

/// Tokens of a text, estimated, and its bytes.
#[derive(Debug, Clone, Copy)]
struct Size {
    tokens: u64,
    bytes: u64,
}

impl Size {
    fn of(text: &str) -> Self {
        Self { tokens: of_text(text), bytes: text.len() as u64 }
    }

    /// All calls share the schemas of their tools.
    fn of_tool(tool: &ToolOffer) -> Self {
        static SCHEMAS: LazyLock<Remembered<Size>> = LazyLock::new(Remembered::default);
        let schema = SCHEMAS.of(&tool.schema, || Self::of(&tool.schema.to_string()));
        [Self::of(tool.name.as_str()), Self::of(&tool.description)].iter().fold(schema, |sum, size| Self {
            tokens: sum.tokens + size.tokens,
            bytes: sum.bytes + size.bytes,
        })
    }
}

/// Tokens of a whole request. Its tools are those of `fixed`, or none.
pub(super) fn of_request(request: &Request, fixed: &Fixed) -> u64 {
    let tools = if request.tools.is_empty() { 0 } else { fixed.of_tools };
    fixed.of_schema + tools + texts(request, of_text)
}

/// What [`of_request`] is never above, found without looking at the texts: no text has more tokens than bytes.
pub(super) fn bound(request: &Request, fixed: &Fixed) -> u64 {
    let tools = if request.tools.is_empty() { 0 } else { fixed.bytes_of_tools };
    fixed.of_schema + tools + texts(request, |text| text.len() as u64)
}

fn texts(request: &Request, of: fn(&str) -> u64) -> u64 {
    let messages: u64 = request.messages.iter().map(|message| message_by(message, of)).sum();
    FRAME_TOKENS + of(&request.system) + messages
}

fn message_by(message: &Message, of: fn(&str) -> u64) -> u64 {
    FRAME_TOKENS
        + match message {
            Message::User { text } => of(text),
            Message::Assistant { text, tool_calls } => {
                let call = |call: &divisi_llm::ToolCall| {
                    FRAME_TOKENS + of(&call.id) + of(&call.tool) + of(&call.arguments.to_string())
                };
                of(text) + tool_calls.iter().map(call).sum::<u64>()
            }
            Message::Tool { call_id, tool, content, .. } => of(call_id) + of(tool.as_str()) + of(content),
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_estimate_is_high_and_not_wild() {
        let rows = [
            ("", 0),
            ("The quick brown fox jumps over the lazy dog.", 15),
            ("In 1791 it was printed, in Wien.", 14),
            (r#"{"source":"D1","start":120,"end":141}"#, 20),
            ("Grüße an alle", 6),
            ("東京都に住む", 6),
            ("🙂🙂", 6),
            ("QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo=", 18),
        ];
        for (text, expected) in rows {
            assert_eq!(of_text(text), expected, "{text}");
        }
    }

    #[test]
    fn prose_is_a_third_of_its_bytes_and_json_more() {
        let prose = "words of a language that people speak and write ".repeat(100);
        let json = r#"{"a":["b","c"],"d":{"e":1}}"#.repeat(100);
        assert_eq!(of_text(&prose), (prose.len() as u64).div_ceil(3));
        assert!(of_text(&json) * 5 > json.len() as u64 * 2, "denser than prose");
    }

    proptest::proptest! {
        #[test]
        fn no_text_has_more_tokens_than_bytes(text in "\\PC{0,60}|[\\x00-\u{10ffff}]{0,60}|[a-z0-9{}\":,]{0,60}") {
            proptest::prop_assert!(of_text(&text) <= text.len() as u64, "{text:?}");
        }
    }

    #[test]
    fn a_text_is_never_shorter_for_being_longer() {
        let text = "Grüße, {\"n\": 12}! 東京 🙂 base64QUJDREVGR0hJSktMTU5PUFFS";
        let ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
        let counts: Vec<u64> = ends.map(|end| of_text(&text[..end])).collect();
        assert!(counts.is_sorted(), "{counts:?}");
    }
}
