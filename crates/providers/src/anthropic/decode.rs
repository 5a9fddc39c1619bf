//! Tokens and reasons of an answer in our words.

use divisi_domain::model_step::FailureClass;
use divisi_domain::money::Usage;

use super::wire::{StopDetails, StopReason, UsageSeen};
use crate::http::Fault;
use crate::refusal::{Asked, fault};

/// Tokens as they were reported. All figures are cumulative, so that of two the larger one counts: some servers fill
/// later ones with zeros.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    seen: UsageSeen,
    is_final: bool,
}

impl Tokens {
    /// Takes the figures of `usage` that are given.
    pub(super) fn see(&mut self, usage: Option<&UsageSeen>) {
        let Some(usage) = usage else { return };
        let newer = |old: Option<u64>, new: Option<u64>| old.max(new);
        let seen = &mut self.seen;
        seen.input_tokens = newer(seen.input_tokens, usage.input_tokens);
        seen.cache_creation_input_tokens =
            newer(seen.cache_creation_input_tokens, usage.cache_creation_input_tokens);
        seen.cache_read_input_tokens = newer(seen.cache_read_input_tokens, usage.cache_read_input_tokens);
        seen.output_tokens = newer(seen.output_tokens, usage.output_tokens);
        if usage.output_tokens_details.is_some() {
            seen.output_tokens_details.clone_from(&usage.output_tokens_details);
        }
    }

    /// The answer has its reason to end; `counted`: the output tokens came with it.
    pub(super) fn end(&mut self, counted: bool) {
        self.is_final |= counted;
    }

    /// The figures, once they are final and complete.
    pub(super) fn usage(&self) -> Option<Usage> {
        if !self.is_final {
            return None;
        }
        let seen = &self.seen;
        let output_tokens = seen.output_tokens?;
        let cached_tokens = seen.cache_read_input_tokens.unwrap_or(0);
        let written = seen.cache_creation_input_tokens.unwrap_or(0);
        let thinking = seen.output_tokens_details.as_ref().and_then(|details| details.thinking_tokens);
        Some(Usage {
            input_tokens: seen.input_tokens?.saturating_add(written).saturating_add(cached_tokens),
            output_tokens,
            cached_tokens,
            reasoning_tokens: thinking.unwrap_or(0).min(output_tokens),
        })
    }
}

/// Whether an answer that stopped for `reason` is cut.
///
/// # Errors
/// Where the reason means that there is no answer.
pub(super) fn ended(asked: &Asked, reason: StopReason, details: Option<&StopDetails>) -> Result<bool, Fault> {
    match reason {
        StopReason::EndTurn | StopReason::StopSequence | StopReason::ToolUse => Ok(false),
        StopReason::MaxTokens | StopReason::ModelContextWindowExceeded => Ok(true),
        StopReason::Refusal => Err(fault(asked, FailureClass::Refused, &refused(details))),
        StopReason::PauseTurn => {
            Err(fault(asked, FailureClass::Truncated, "the server paused in the middle of its turn"))
        }
        StopReason::Other => {
            Err(fault(asked, FailureClass::Truncated, "it ended for a reason that is not known here"))
        }
    }
}

fn refused(details: Option<&StopDetails>) -> String {
    let said = details.map(|details| {
        let category = details.category.as_deref().map(|it| format!("({it}) ")).unwrap_or_default();
        format!("{category}{}", details.explanation.as_deref().unwrap_or_default())
    });
    said.unwrap_or_default()
}
