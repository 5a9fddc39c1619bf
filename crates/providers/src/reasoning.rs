//! Models that think before they answer. Their thoughts are charged as output and count towards its limit, so that they are
//! kept short, and the limit has room for them beside the answer.

/// The word for little thought, of the wires that have one.
pub(crate) const LOW_EFFORT: &str = "low";

/// Tokens of thought that a call is given beside its answer, and that are sent where a wire takes a number: each model
/// that takes one takes this.
pub const THOUGHT_TOKENS: u32 = 4_096;

/// Families of other makers that think, wherever they are served.
const OPEN_FAMILIES: [&str; 12] = [
    "gpt-oss",
    "deepseek-r",
    "deepseek-v3.1",
    "deepseek-reasoner",
    "qwen3",
    "qwq",
    "magistral",
    "glm-4.5",
    "glm-4.6",
    "kimi-k2-thinking",
    "grok-4",
    "minimax-m",
];

/// Whether a model of `OpenAI` thinks: all but the oldest, and those that are made for chats.
pub(crate) fn is_thinking_openai(model: &str) -> bool {
    let old = ["gpt-3", "gpt-4", "gpt-oss"].iter().any(|family| model.starts_with(family));
    let numbered =
        model.strip_prefix('o').is_some_and(|rest| rest.starts_with(|char: char| char.is_ascii_digit()));
    let family = numbered || ["gpt-", "codex"].iter().any(|family| model.starts_with(family));
    family && !old && !["chat", "non-reasoning"].iter().any(|word| model.contains(word))
}

/// Whether a model of `OpenAI` may be told to think little. Some think as they do and refuse to be told.
pub(crate) fn takes_low_effort(model: &str) -> bool {
    let fixed = ["o1-mini", "o1-preview", "-pro", "deep-research"];
    is_thinking_openai(model) && !fixed.iter().any(|word| model.contains(word))
}

/// The generation of a model of Anthropic that thinks without being asked: from the fifth on.
fn thinking_claude(model: &str) -> Option<&str> {
    let (kind, rest) = model.split_once("claude-")?.1.split_once('-')?;
    let generation: u32 = rest.split(['-', '.', '@', ':']).next()?.parse().ok()?;
    (kind.bytes().all(|byte| byte.is_ascii_lowercase()) && generation >= 5).then_some(kind)
}

/// Whether a model of Anthropic may be told to think little: the smallest never could.
pub(crate) fn takes_effort(model: &str) -> bool {
    thinking_claude(model).is_some_and(|kind| kind != "haiku")
}

/// How the thoughts of a model of Gemini are bounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GeminiThinks {
    /// By a number of tokens.
    Budget,
    /// By a word.
    Level,
}

/// `None` for models that do not think, or of which nothing is known.
pub(crate) fn gemini_thinks(model: &str) -> Option<GeminiThinks> {
    let (_, rest) = model.split_once("gemini-")?;
    let other = ["image", "tts", "audio", "embedding", "live"].iter().any(|word| rest.contains(word));
    let generation: u32 = rest.split(['-', '.']).next()?.parse().ok()?;
    match generation {
        _ if other => None,
        2 if rest.starts_with("2.5") => Some(GeminiThinks::Budget),
        3.. => Some(GeminiThinks::Level),
        _ => None,
    }
}

/// Tokens that the output limit of a call of `model` needs beside its answer; zero for models that do not think.
pub fn allowance(model: &str) -> u32 {
    let model = model.to_lowercase();
    let name = model.rsplit('/').next().unwrap_or(&model);
    let open = OPEN_FAMILIES.iter().any(|family| name.starts_with(family));
    let told = ["reasoning", "thinking"].iter().any(|word| name.contains(word));
    let plain = ["instruct", "non-reasoning", "non-thinking"].iter().any(|word| name.contains(word));
    let vendors = is_thinking_openai(name)
        || thinking_claude(name).is_some()
        || gemini_thinks(name).is_some()
        || name.starts_with("gemini-flash")
        || name.starts_with("gemini-pro-latest");
    if vendors || (!plain && (open || told)) { THOUGHT_TOKENS } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_thinks_has_room_for_it() {
        let rows = [
            ("gpt-5-mini", true, true),
            ("gpt-6.1-sol", true, true),
            ("gpt-5-pro", true, false),
            ("gpt-5-chat-latest", false, false),
            ("o3-mini", true, true),
            ("o1-mini", true, false),
            ("gpt-4.1-mini", false, false),
            ("gpt-oss:20b", true, false),
            ("openai/gpt-5", true, false),
            ("gemini-2.5-flash", true, false),
            ("google/gemini-3-pro-preview", true, false),
            ("gemini-2.0-flash", false, false),
            ("gemini-flash-latest", true, false),
            ("claude-haiku-4-5", false, false),
            ("claude-3-5-haiku-latest", false, false),
            ("claude-haiku-5-5", true, false),
            ("us.anthropic.claude-opus-5", true, false),
            ("Qwen3-8B", true, false),
            ("qwen3-4b-instruct-2507", false, false),
            ("deepseek-r1:8b", true, false),
            ("phi-4-mini-reasoning", true, false),
            ("SmolLM2-135M", false, false),
            ("olmo-2", false, false),
        ];
        for (model, thinks, told) in rows {
            assert_eq!((allowance(model) > 0, takes_low_effort(model)), (thinks, told), "{model}");
        }
    }

    #[test]
    fn thoughts_are_bounded_in_the_words_of_each_vendor() {
        for (model, effort) in
            [("claude-opus-5-5", true), ("claude-haiku-5-5", false), ("claude-opus-4-8", false)]
        {
            assert_eq!(takes_effort(model), effort, "{model}");
        }
        for (model, thinks) in [
            ("gemini-2.5-flash-lite", Some(GeminiThinks::Budget)),
            ("models/gemini-3.8-flash", Some(GeminiThinks::Level)),
            ("gemini-10", Some(GeminiThinks::Level)),
            ("gemini-2.5-flash-image", None),
            ("gemini-2.0-flash", None),
            ("gemini-flash-latest", None),
        ] {
            assert_eq!(gemini_thinks(model), thinks, "{model}");
        }
    }
}
