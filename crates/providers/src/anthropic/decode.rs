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
            cache_write_tokens: written,
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

#[cfg(test)]
mod tests {
    use divisi_domain::name::Name;
    use serde_json::{Value, json};

    use super::*;

    fn counted(figures: &[Value], at_the_end: bool) -> Option<(u64, u64, u64, u64)> {
        let mut tokens = Tokens::default();
        for figures in figures {
            tokens.see(Some(&serde_json::from_value(figures.clone()).expect("figures")));
        }
        tokens.end(at_the_end);
        let usage = tokens.usage()?;
        assert_eq!(usage.cache_write_tokens, tokens.seen.cache_creation_input_tokens.unwrap_or(0));
        Some((usage.input_tokens, usage.output_tokens, usage.cached_tokens, usage.reasoning_tokens))
    }

    #[test]
    fn figures_are_cumulative_and_input_is_all_of_it() {
        let start = json!({"input_tokens": 5, "cache_creation_input_tokens": 2, "cache_read_input_tokens": 10,
                           "output_tokens": 1});
        let thinking = json!({"output_tokens": 9, "output_tokens_details": {"thinking_tokens": 4}});
        let lies = json!({"output_tokens": 9, "output_tokens_details": {"thinking_tokens": 40}});
        let zeros = json!({"input_tokens": 0, "cache_read_input_tokens": 0, "output_tokens": 9});
        let later = json!({"input_tokens": 7, "output_tokens": 9});
        let rows = [
            (vec![start.clone(), json!({"output_tokens": 9})], true, Some((17, 9, 10, 0))),
            (vec![start.clone(), thinking], true, Some((17, 9, 10, 4))),
            (vec![start.clone(), lies], true, Some((17, 9, 10, 9))),
            (vec![start.clone(), zeros], true, Some((17, 9, 10, 0))),
            (vec![start.clone(), later], true, Some((19, 9, 10, 0))),
            (
                vec![json!({"input_tokens": u64::MAX, "cache_read_input_tokens": 1, "output_tokens": 1})],
                true,
                Some((u64::MAX, 1, 1, 0)),
            ),
            (vec![start], false, None),
            (vec![json!({"output_tokens": 9})], true, None),
            (vec![json!({"input_tokens": null, "output_tokens": null})], true, None),
            (vec![], true, None),
        ];
        for (figures, at_the_end, expected) in rows {
            assert_eq!(counted(&figures, at_the_end), expected, "{figures:?}");
        }
    }

    #[test]
    fn reasons_cut_or_fail_an_answer() {
        let asked = Asked { provider: Name::from_static("p"), model: Name::from_static("m") };
        let rows = [
            ("end_turn", Ok(false)),
            ("stop_sequence", Ok(false)),
            ("tool_use", Ok(false)),
            ("max_tokens", Ok(true)),
            ("model_context_window_exceeded", Ok(true)),
            ("stop", Ok(false)),
            ("tool_calls", Ok(false)),
            ("length", Ok(true)),
            ("refusal", Err(FailureClass::Refused)),
            ("pause_turn", Err(FailureClass::Truncated)),
            ("of the future", Err(FailureClass::Truncated)),
        ];
        for (reason, expected) in rows {
            let reason = serde_json::from_value(json!(reason)).expect("a reason");
            assert_eq!(ended(&asked, reason, None).map_err(|fault| fault.class), expected, "{reason:?}");
        }
        let details = json!({"type": "refusal", "category": "cyber", "explanation": "It could do harm."});
        let details = serde_json::from_value(details).expect("details");
        let fault = ended(&asked, StopReason::Refusal, Some(&details)).expect_err("refused");
        assert!(fault.message.contains("(cyber) It could do harm"), "{}", fault.message);
    }
}
