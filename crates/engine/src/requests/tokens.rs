//! How many tokens a text is likely to be, at most: without the model's own tokenizer nobody knows, so the estimate errs
//! on the high side.

use divisi_llm::{Message, Request, ToolOffer};
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
    for character in text.chars() {
        row = if character.is_ascii_alphanumeric() { row.saturating_add(1) } else { 0 };
        parts += match character {
            'a'..='z' | 'A'..='Z' if row > WORD_CHARS_MAX => PARTS / 2,
            'a'..='z' | 'A'..='Z' | ' ' | '\n' => PARTS / 3,
            '0'..='9' => PARTS,
            character if character.is_ascii() => PARTS / 2,
            '\u{1_0000}'.. => 3 * PARTS,
            _ => PARTS,
        };
    }
    parts.div_ceil(PARTS)
}

fn of_json(value: &Value) -> u64 {
    of_text(&value.to_string())
}

/// Tokens of a whole request, its schema included: servers without a mode for it are told it in words.
pub(super) fn of_request(request: &Request) -> u64 {
    let messages: u64 = request.messages.iter().map(of_message).sum();
    let tools: u64 = request.tools.iter().map(of_tool).sum();
    FRAME_TOKENS + of_text(&request.system) + of_json(&request.schema) + messages + tools
}

pub(super) fn of_message(message: &Message) -> u64 {
    FRAME_TOKENS
        + match message {
            Message::User { text } => of_text(text),
            Message::Assistant { text, tool_calls } => {
                let call = |call: &divisi_llm::ToolCall| {
                    FRAME_TOKENS + of_text(&call.id) + of_text(&call.tool) + of_json(&call.arguments)
                };
                of_text(text) + tool_calls.iter().map(call).sum::<u64>()
            }
            Message::Tool { call_id, tool, content, .. } => {
                of_text(call_id) + of_text(tool.as_str()) + of_text(content)
            }
        }
}

fn of_tool(tool: &ToolOffer) -> u64 {
    FRAME_TOKENS + of_text(tool.name.as_str()) + of_text(&tool.description) + of_json(&tool.schema)
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

    #[test]
    fn a_text_is_never_shorter_for_being_longer() {
        let text = "Grüße, {\"n\": 12}! 東京 🙂 base64QUJDREVGR0hJSktMTU5PUFFS";
        let ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
        let counts: Vec<u64> = ends.map(|end| of_text(&text[..end])).collect();
        assert!(counts.is_sorted(), "{counts:?}");
    }
}
