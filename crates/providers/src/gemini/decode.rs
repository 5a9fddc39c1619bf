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
        cache_write_tokens: 0,
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

#[cfg(test)]
mod tests {
    use divisi_domain::name::Name;
    use serde_json::json;

    use super::*;

    fn asked() -> Asked {
        Asked { provider: Name::from_static("p"), model: Name::from_static("m") }
    }

    #[test]
    fn thoughts_are_output_and_what_tools_read_is_input() {
        let rows = [
            (json!({"promptTokenCount": 8, "candidatesTokenCount": 3}), Some((8, 3, 0, 0))),
            (
                json!({"promptTokenCount": 8, "candidatesTokenCount": 3, "thoughtsTokenCount": 4}),
                Some((8, 7, 0, 4)),
            ),
            (
                json!({"promptTokenCount": 8, "toolUsePromptTokenCount": 2, "cachedContentTokenCount": 5}),
                Some((10, 0, 5, 0)),
            ),
            (json!({"promptTokenCount": u64::MAX, "toolUsePromptTokenCount": 2}), Some((u64::MAX, 0, 0, 0))),
            (json!({"promptTokenCount": null, "candidatesTokenCount": 3}), None),
            (json!({"totalTokenCount": 3}), None),
        ];
        for (seen, expected) in rows {
            let found = usage(&serde_json::from_value(seen.clone()).expect("figures"))
                .map(|it| (it.input_tokens, it.output_tokens, it.cached_tokens, it.reasoning_tokens));
            assert_eq!(found, expected, "{seen}");
        }
    }

    #[test]
    fn reasons_cut_or_fail_an_answer() {
        let rows = [
            ("STOP", Ok(false)),
            ("MAX_TOKENS", Ok(true)),
            ("CONTINUATION", Ok(true)),
            ("LANGUAGE", Err(FailureClass::Refused)),
            ("BLOCKLIST", Err(FailureClass::Refused)),
            ("SPII", Err(FailureClass::Refused)),
            ("TOO_MANY_TOOL_CALLS", Err(FailureClass::Unparsable)),
            ("MALFORMED_RESPONSE", Err(FailureClass::Unparsable)),
            ("MISSING_THOUGHT_SIGNATURE", Err(FailureClass::BadRequest)),
            ("OTHER", Err(FailureClass::Truncated)),
            ("stop", Err(FailureClass::Truncated)),
        ];
        for (reason, expected) in rows {
            assert_eq!(ended(&asked(), reason, None).map_err(|fault| fault.class), expected, "{reason}");
        }
        let fault = ended(&asked(), "SAFETY", Some("It is not safe.")).expect_err("refused");
        assert!(fault.message.contains("SAFETY: It is not safe"), "{}", fault.message);
    }

    #[test]
    fn a_blocked_request_is_a_refusal_and_others_are_not() {
        let rows = [
            (json!({"blockReason": "SAFETY"}), true),
            (json!({"blockReason": "JAILBREAK", "blockReasonMessage": "No."}), true),
            (json!({"blockReason": "BLOCKED_REASON_UNSPECIFIED"}), false),
            (json!({"blockReason": null, "safetyRatings": []}), false),
        ];
        for (feedback, is_blocked) in rows {
            let parsed = serde_json::from_value(feedback.clone()).expect("feedback");
            let class = blocked(&asked(), &parsed).map(|fault| fault.class);
            assert_eq!(class, is_blocked.then_some(FailureClass::Refused), "{feedback}");
        }
    }
}
