//! What a server refused is not asked of it again: traits are lowered by the words of its refusal, so that the next
//! attempt says the same in another way.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use divisi_domain::name::Name;
use divisi_llm::{FinishReason, ProviderError, Response};

use super::runaway::ran_away;
use super::traits::{Effort, Lengths, LimitField, SchemaMode, SystemRole, ToolMode, Traits};
use crate::refusal::{SCHEMA_WORDS, Said, another_way, may_be_of_the_way};

/// Models whose traits are remembered.
const REMEMBERED_MAX: usize = 1_000;
/// Models with no more context are bounded by any answer that does not come to its end.
const SMALL_CONTEXT_TOKENS: u32 = 8_192;
/// Shorter names, in bytes, hold none of the words that are looked for.
const NAME_BYTES_MIN: usize = 4;
/// How servers say that they do not know or take a field.
const NOT_TAKEN: [&str; 9] = [
    "unsupported",
    "not supported",
    "unrecognized",
    "unrecognised",
    "unknown",
    "unexpected",
    "extra inputs",
    "not permitted",
    "instead",
];
/// What stands before the most that a limit may be.
const AT_MOST: [&str; 9] = [
    "at most ",
    "less than or equal to ",
    "<= ",
    "maximum of ",
    "maximum value of ",
    "maximum allowed is ",
    "must not exceed ",
    "cannot exceed ",
    "up to ",
];

/// Lowered traits, by model, as long as the process lives.
#[derive(Debug, Default)]
pub(super) struct Lowered(Mutex<BTreeMap<Name, Traits>>);

/// A call that was refused.
#[derive(Debug, Clone, Copy)]
pub(super) struct Refused<'a> {
    pub(super) model: &'a Name,
    /// What it was made with.
    pub(super) traits: &'a Traits,
    /// What is known of the model without what was learnt.
    pub(super) known: &'a Traits,
    /// What the server said.
    pub(super) said: &'a Said,
}

impl Lowered {
    /// What is known of the model by now.
    pub(super) fn of(&self, model: &Name) -> Option<Traits> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(model).copied()
    }

    /// Takes in why a call was refused. Where another way is left it is taken next time, and the failure is one that the
    /// same model is asked again after.
    pub(super) fn learn(&self, refused: &Refused<'_>, error: ProviderError) -> ProviderError {
        if !may_be_of_the_way(&error) {
            return error;
        }
        let Some(lower) = lower(refused) else { return error };
        if self.remember(refused.model, lower) {
            return another_way(error);
        }
        error
    }

    /// Takes in an answer that was held to a schema and never came to its end: the next one is given bounds.
    pub(super) fn watch(&self, model: &Name, traits: &Traits, response: &Response) {
        let held = traits.schema_mode >= SchemaMode::JsonObjectHinted && traits.lengths == Lengths::Free;
        // A small model cannot be briefer because it is told to be.
        let small = traits.context_tokens.is_some_and(|tokens| tokens <= SMALL_CONTEXT_TOKENS);
        if held && response.finish == FinishReason::Length && (small || ran_away(&response.text)) {
            self.remember(model, Traits { lengths: Lengths::Bounded, ..*traits });
        }
    }

    fn remember(&self, model: &Name, traits: Traits) -> bool {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let room = known.len() < REMEMBERED_MAX || known.contains_key(model);
        if room {
            known.insert(model.clone(), traits);
        }
        room
    }
}

/// The traits without what the server's words say that it does not take; `None` where they say nothing of the kind. Each
/// step takes something away that never comes back, so that there is a last one.
fn lower(refused: &Refused<'_>) -> Option<Traits> {
    let traits = refused.traits;
    let name = refused.model.as_str().to_lowercase();
    let mut message = refused.said.words();
    // The name of a model may hold any of the words.
    if name.len() >= NAME_BYTES_MIN {
        message = message.replace(&name, "");
    }
    let says = |words: &[&str]| words.iter().any(|word| message.contains(word));
    let mut lower = *traits;
    if says(&["stream_options", "include_usage"]) {
        lower.streams_usage = false;
    } else if says(&["reasoning_effort"]) {
        lower.effort = Effort::Usual;
    } else if says(&["max_completion_tokens", "max_tokens"]) {
        let most = most(&message).filter(|most| traits.output_tokens_max.is_none_or(|known| *most < known));
        if most.is_some() {
            lower.output_tokens_max = most;
        } else if says(&NOT_TAKEN) && traits.limit_field == refused.known.limit_field {
            lower.limit_field = match traits.limit_field {
                LimitField::MaxTokens => LimitField::MaxCompletionTokens,
                LimitField::MaxCompletionTokens => LimitField::MaxTokens,
            };
        }
    } else if says(&["temperature"]) {
        lower.temperature = false;
    } else if says(&SCHEMA_WORDS) {
        lower.schema_mode = simpler(traits.schema_mode);
    } else if says(&["tool"]) {
        lower.tool_mode = ToolMode::ByJson;
    } else if says(&["system role", "system message", "'system'", "developer"]) {
        lower.system_role = match traits.system_role {
            SystemRole::Developer => SystemRole::System,
            SystemRole::System | SystemRole::InUser => SystemRole::InUser,
        };
    }
    (lower != *traits).then_some(lower)
}

/// The most output tokens that a refusal says it would take.
fn most(message: &str) -> Option<u32> {
    let number = |words: &&str| {
        let behind = &message[message.find(*words)? + words.len()..];
        let end = behind.find(|char: char| !char.is_ascii_digit()).unwrap_or(behind.len());
        behind[..end].parse().ok().filter(|most| *most > 0)
    };
    AT_MOST.iter().find_map(number)
}

const fn simpler(mode: SchemaMode) -> SchemaMode {
    match mode {
        SchemaMode::JsonSchemaStrict => SchemaMode::JsonSchema,
        SchemaMode::JsonSchemaHinted | SchemaMode::JsonSchema => SchemaMode::JsonObjectHinted,
        SchemaMode::JsonObjectHinted | SchemaMode::JsonObjectWithSchema => SchemaMode::JsonObject,
        SchemaMode::JsonObject | SchemaMode::Prompted => SchemaMode::Prompted,
    }
}

#[cfg(test)]
mod tests;
