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

/// Whether a model of `OpenAI` thinks.
fn is_openai(model: &str) -> bool {
    let family = ["o1", "o3", "o4", "gpt-5"].iter().any(|family| model.starts_with(family));
    family && !model.contains("chat")
}

/// Whether a model of `OpenAI` may be told to think little. Some think as they do and refuse to be told.
pub(crate) fn takes_low_effort(model: &str) -> bool {
    let fixed = ["o1-mini", "o1-preview", "-pro", "deep-research"];
    is_openai(model) && !fixed.iter().any(|word| model.contains(word))
}

/// Tokens that the output limit of a call of `model` needs beside its answer; zero for models that do not think.
pub fn allowance(model: &str) -> u32 {
    let model = model.to_lowercase();
    let name = model.rsplit('/').next().unwrap_or(&model);
    let gemini = ["gemini-2.5", "gemini-3"].iter().any(|family| name.starts_with(family));
    let open = OPEN_FAMILIES.iter().any(|family| name.starts_with(family));
    let told = ["reasoning", "thinking"].iter().any(|word| name.contains(word));
    let instruct = name.contains("instruct") || name.contains("non-reasoning");
    if is_openai(name) || gemini || (!instruct && (open || told)) { THOUGHT_TOKENS } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_thinks_has_room_for_it() {
        let rows = [
            ("gpt-5-mini", true, true),
            ("gpt-5-pro", true, false),
            ("gpt-5-chat-latest", false, false),
            ("o3-mini", true, true),
            ("o1-mini", true, false),
            ("gpt-4.1-mini", false, false),
            ("openai/gpt-5", true, false),
            ("gemini-2.5-flash", true, false),
            ("google/gemini-3-pro-preview", true, false),
            ("gemini-2.0-flash", false, false),
            ("claude-haiku-4-5", false, false),
            ("Qwen3-8B", true, false),
            ("qwen3-4b-instruct-2507", false, false),
            ("deepseek-r1:8b", true, false),
            ("phi-4-mini-reasoning", true, false),
            ("SmolLM2-135M", false, false),
        ];
        for (model, thinks, told) in rows {
            assert_eq!((allowance(model) > 0, takes_low_effort(model)), (thinks, told), "{model}");
        }
    }
}
