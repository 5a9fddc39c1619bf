//! Tokens and reasons of an answer in our words.

use divisi_domain::model_step::FailureClass;
use divisi_domain::money::Usage;

use super::wire::{Answer, Status, UsageSeen};
use crate::http::Fault;
use crate::refusal::{Asked, fault};

/// The figures of an answer.
pub(super) fn usage(seen: &UsageSeen) -> Option<Usage> {
    let output_tokens = seen.output_tokens?;
    let cached = seen.input_tokens_details.as_ref().and_then(|details| details.cached_tokens);
    let reasoning = seen.output_tokens_details.as_ref().and_then(|details| details.reasoning_tokens);
    Some(Usage {
        input_tokens: seen.input_tokens?,
        output_tokens,
        cached_tokens: cached.unwrap_or(0),
        reasoning_tokens: reasoning.unwrap_or(0).min(output_tokens),
    })
}

/// Whether an answer is cut. A server may say `completed` though it stopped at the limit: the figures tell.
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
    match answer.status {
        Some(Status::Completed) => {
            Ok(usage.is_some_and(|usage| usage.output_tokens >= u64::from(output_tokens_max)))
        }
        Some(Status::Incomplete) => incomplete(asked, answer),
        Some(Status::Failed) => Err(fault(asked, FailureClass::Overloaded, "it failed without a reason")),
        Some(Status::Cancelled) => broken("the server cancelled it"),
        Some(Status::InProgress | Status::Queued | Status::Other) | None => {
            broken("the server does not say how it ended")
        }
    }
}

fn incomplete(asked: &Asked, answer: &Answer) -> Result<bool, Fault> {
    let details = answer.incomplete_details.as_ref();
    match details.and_then(|details| details.reason.as_deref()) {
        Some("max_output_tokens" | "max_tokens" | "length") => Ok(true),
        Some("content_filter") => {
            Err(fault(asked, FailureClass::Refused, "the provider's filter stopped it"))
        }
        other => {
            let why = format!("it is incomplete ({})", other.unwrap_or("no reason given"));
            Err(fault(asked, FailureClass::Truncated, &why))
        }
    }
}
