//! Tokens and reasons of an answer in our words.

use divisi_domain::model_step::FailureClass;
use divisi_domain::money::Usage;

use super::wire::{Answer, Status, UsageSeen};
use crate::http::Fault;
use crate::refusal::{Asked, fault};

/// The figures of an answer.
pub(super) fn usage(seen: &UsageSeen) -> Option<Usage> {
    let output_tokens = seen.output_tokens?;
    let input = seen.input_tokens_details.as_ref();
    let cached = input.and_then(|details| details.cached_tokens);
    let written = input.and_then(|details| details.cache_write_tokens);
    let reasoning = seen.output_tokens_details.as_ref().and_then(|details| details.reasoning_tokens);
    Some(Usage {
        input_tokens: seen.input_tokens?,
        output_tokens,
        cached_tokens: cached.unwrap_or(0),
        reasoning_tokens: reasoning.unwrap_or(0).min(output_tokens),
        cache_write_tokens: written.unwrap_or(0),
    })
}

/// Whether an answer is cut. A server may say `completed`, or nothing, though it stopped at the limit: the figures tell.
///
/// # Errors
/// Where there is no answer.
pub(super) fn ended(
    asked: &Asked,
    answer: &Answer,
    usage: Option<Usage>,
    output_tokens_max: u32,
) -> Result<bool, Fault> {
    let broken = |why: &str| Err(fault(asked, FailureClass::Truncated, why));
    let at_limit = usage.is_some_and(|usage| usage.output_tokens >= u64::from(output_tokens_max));
    match answer.status {
        Some(Status::Completed) => Ok(at_limit),
        Some(Status::Incomplete) => incomplete(asked, answer, at_limit),
        Some(Status::Failed) => Err(fault(asked, FailureClass::Overloaded, "it failed without a reason")),
        Some(Status::Cancelled) => broken("the server cancelled it"),
        Some(Status::InProgress | Status::Queued | Status::Other) | None => {
            broken("the server does not say how it ended")
        }
    }
}

fn incomplete(asked: &Asked, answer: &Answer, at_limit: bool) -> Result<bool, Fault> {
    let details = answer.incomplete_details.as_ref();
    match details.and_then(|details| details.reason.as_deref()) {
        Some("max_output_tokens" | "max_tokens" | "length") => Ok(true),
        // A proxy before another wire gives no reason.
        None if at_limit => Ok(true),
        Some("content_filter") => {
            Err(fault(asked, FailureClass::Refused, "the provider's filter stopped it"))
        }
        other => {
            let why = format!("it is incomplete ({})", other.unwrap_or("no reason given"));
            Err(fault(asked, FailureClass::Truncated, &why))
        }
    }
}

#[cfg(test)]
mod tests {
    use divisi_domain::name::Name;
    use serde_json::json;

    use super::*;

    #[test]
    fn figures_are_taken_as_they_are() {
        let rows = [
            (json!({"input_tokens": 8, "output_tokens": 3, "total_tokens": 11}), Some((8, 3, 0, 0))),
            (
                json!({"input_tokens": 8, "input_tokens_details": {"cached_tokens": 5},
                       "output_tokens": 3, "output_tokens_details": {"reasoning_tokens": 2}}),
                Some((8, 3, 5, 2)),
            ),
            (
                json!({"input_tokens": 8, "input_tokens_details": null,
                       "output_tokens": 3, "output_tokens_details": {"reasoning_tokens": 9}}),
                Some((8, 3, 0, 3)),
            ),
            (json!({"input_tokens": 8, "output_tokens": null}), None),
            (json!({"output_tokens": 8}), None),
        ];
        for (seen, expected) in rows {
            let found = usage(&serde_json::from_value(seen.clone()).expect("figures"))
                .map(|it| (it.input_tokens, it.output_tokens, it.cached_tokens, it.reasoning_tokens));
            assert_eq!(found, expected, "{seen}");
        }
    }

    #[test]
    fn an_answer_is_whole_cut_or_none() {
        let asked = Asked { provider: Name::from_static("p"), model: Name::from_static("m") };
        let incomplete =
            |reason: &str| json!({"status": "incomplete", "incomplete_details": {"reason": reason}});
        let rows = [
            (json!({"status": "completed"}), None, Ok(false)),
            (json!({"status": "completed"}), Some(99), Ok(false)),
            (json!({"status": "completed"}), Some(100), Ok(true)),
            (json!({"status": "completed"}), Some(101), Ok(true)),
            (incomplete("max_output_tokens"), None, Ok(true)),
            (incomplete("content_filter"), None, Err(FailureClass::Refused)),
            (incomplete("steered"), None, Err(FailureClass::Truncated)),
            (incomplete("steered"), Some(100), Err(FailureClass::Truncated)),
            (json!({"status": "incomplete"}), None, Err(FailureClass::Truncated)),
            (json!({"status": "incomplete"}), Some(99), Err(FailureClass::Truncated)),
            (json!({"status": "incomplete"}), Some(100), Ok(true)),
            (json!({"status": "failed"}), None, Err(FailureClass::Overloaded)),
            (json!({"status": "cancelled"}), None, Err(FailureClass::Truncated)),
            (json!({"status": "in_progress"}), None, Err(FailureClass::Truncated)),
            (json!({"status": "of the future"}), None, Err(FailureClass::Truncated)),
            (json!({}), None, Err(FailureClass::Truncated)),
        ];
        for (answer, output_tokens, expected) in rows {
            let parsed = serde_json::from_value(answer.clone()).expect("an answer");
            let usage = output_tokens.map(|output_tokens| Usage { output_tokens, ..Usage::default() });
            let found = ended(&asked, &parsed, usage, 100).map_err(|fault| fault.class);
            assert_eq!(found, expected, "{answer} {output_tokens:?}");
        }
    }
}
