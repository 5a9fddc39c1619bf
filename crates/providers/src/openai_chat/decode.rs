//! Tokens and reasons of an answer in our words.

use divisi_domain::model_step::FailureClass;
use divisi_domain::money::Usage;

use super::wire::UsageSaid;
use crate::gathered::Gathered;
use crate::http::{Fault, excerpt};

/// How servers and gateways say that an answer is whole.
const DONE: [&str; 14] = [
    "stop",
    "end_turn",
    "stop_sequence",
    "eos",
    "eos_token",
    "tool_calls",
    "tool-calls",
    "tool_call",
    "tool_use",
    "function_call",
    "complete",
    "completed",
    "finished",
    "done",
];
/// That it was cut at a limit.
const LENGTH: [&str; 7] = [
    "length",
    "max_tokens",
    "max_output_tokens",
    "max_completion_tokens",
    "model_length",
    "context_length",
    "model_context_window_exceeded",
];
/// That a filter stopped it.
const FILTERED: [&str; 9] = [
    "content_filter",
    "content_filtered",
    "guardrail_intervened",
    "safety",
    "recitation",
    "blocklist",
    "prohibited_content",
    "refusal",
    "sensitive",
];

/// Why an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Done,
    Length,
    Filtered,
}

/// What a reason to finish means; none where the answer goes on.
///
/// # Errors
/// Where the reason means that there is no answer.
pub(super) fn ended(gathered: &Gathered, reason: &str) -> Result<Option<End>, Fault> {
    match reason.to_ascii_lowercase().as_str() {
        "" | "null" => Ok(None),
        reason if DONE.contains(&reason) => Ok(Some(End::Done)),
        reason if LENGTH.contains(&reason) => Ok(Some(End::Length)),
        reason if FILTERED.contains(&reason) => Ok(Some(End::Filtered)),
        "error" | "network_error" | "insufficient_system_resource" => {
            Err(gathered.failed(FailureClass::Overloaded, "it failed in the middle"))
        }
        // Given up, or a reason that says nothing of the answer being whole.
        reason => Err(gathered.broken(&format!("the server ended it with '{}'", excerpt(reason)))),
    }
}

/// The figures, where both sides were counted. Some servers leave thoughts out of the completion, and only the total has
/// them.
pub(super) fn usage(said: UsageSaid) -> Option<Usage> {
    let (input_tokens, completion) =
        (said.prompt_tokens.filter(|tokens| *tokens > 0)?, said.completion_tokens?);
    let beyond_input = said.total_tokens.map_or(0, |total| total.saturating_sub(input_tokens));
    let output_tokens = completion.max(beyond_input);
    let details = said.prompt_tokens_details;
    Some(Usage {
        input_tokens,
        output_tokens,
        cached_tokens: details.cached_tokens.min(input_tokens),
        cache_write_tokens: details.cache_write_tokens.max(details.cache_creation_tokens).min(input_tokens),
        reasoning_tokens: said.completion_tokens_details.reasoning_tokens.min(output_tokens),
    })
}
