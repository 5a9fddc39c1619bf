//! Tokens and reasons of an answer in our words.

use divisi_domain::model_step::FailureClass;
use divisi_domain::money::Usage;

use super::wire::{PromptFeedback, UsageSeen};
use crate::http::Fault;
use crate::refusal::{Asked, fault};

/// The figures of a chunk. Thoughts are output; what tools of the vendor read is input.
pub(super) fn usage(seen: &UsageSeen) -> Option<Usage> {
    let prompt = seen.prompt?;
    let thoughts = seen.thoughts.unwrap_or(0);
    Some(Usage {
        input_tokens: prompt.saturating_add(seen.tool_use_prompt.unwrap_or(0)),
        output_tokens: seen.candidates.unwrap_or(0).saturating_add(thoughts),
        cached_tokens: seen.cached_content.unwrap_or(0),
        reasoning_tokens: thoughts,
    })
}

/// Whether an answer that stopped for `reason` is cut.
///
/// # Errors
/// Where the reason means that there is no answer.
pub(super) fn ended(asked: &Asked, reason: &str, said: Option<&str>) -> Result<bool, Fault> {
    let words = said.map_or_else(|| reason.to_owned(), |said| format!("{reason}: {said}"));
    let class = match reason {
        "STOP" => return Ok(false),
        "MAX_TOKENS" | "CONTINUATION" => return Ok(true),
        "SAFETY"
        | "RECITATION"
        | "LANGUAGE"
        | "BLOCKLIST"
        | "PROHIBITED_CONTENT"
        | "SPII"
        | "MODEL_ARMOR"
        | "ESCALATION"
        | "PUP_LIMITED_DISABLED"
        | "IMAGE_SAFETY"
        | "IMAGE_PROHIBITED_CONTENT"
        | "IMAGE_RECITATION" => FailureClass::Refused,
        "MALFORMED_FUNCTION_CALL" | "UNEXPECTED_TOOL_CALL" | "TOO_MANY_TOOL_CALLS" | "MALFORMED_RESPONSE" => {
            FailureClass::Unparsable
        }
        "MISSING_THOUGHT_SIGNATURE" => FailureClass::BadRequest,
        _ => FailureClass::Truncated,
    };
    Err(fault(asked, class, &words))
}

/// What a blocked request means; nothing where it was not blocked.
pub(super) fn blocked(asked: &Asked, feedback: &PromptFeedback) -> Option<Fault> {
    let reason = feedback.block_reason.as_deref().filter(|reason| *reason != "BLOCKED_REASON_UNSPECIFIED")?;
    let said = feedback.block_reason_message.as_deref().unwrap_or_default();
    Some(fault(asked, FailureClass::Refused, &format!("the request was blocked ({reason}) {said}")))
}
