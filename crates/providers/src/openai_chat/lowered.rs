//! What a server refused is not asked of it again: traits are lowered by the words of its refusal, so that the next
//! attempt says the same in another way.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use divisi_domain::model_step::FailureClass;
use divisi_domain::money::Usage;
use divisi_domain::name::Name;
use divisi_llm::ProviderError;

use super::traits::{LimitField, SchemaMode, SystemRole, ToolMode, Traits};

/// Models whose traits are remembered.
const REMEMBERED_MAX: usize = 1_000;

/// Lowered traits, by model, as long as the process lives.
#[derive(Debug, Default)]
pub(super) struct Lowered(Mutex<BTreeMap<Name, Traits>>);

impl Lowered {
    /// What is known of the model by now.
    pub(super) fn of(&self, model: &Name) -> Option<Traits> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(model).copied()
    }

    /// Takes in why a call with `traits` was refused. Where another way is left it is taken next time, and the failure is
    /// one that the same model is asked again after.
    pub(super) fn learn(&self, model: &Name, traits: &Traits, error: ProviderError) -> ProviderError {
        let Some(lower) = lower(traits, &error) else { return error };
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() < REMEMBERED_MAX || known.contains_key(model) {
            known.insert(model.clone(), lower);
            let message = format!("{} It is asked in another way next.", error.message);
            // A request that was called malformed was turned away before anything was generated: it costs nothing.
            let turned_away = error.class == FailureClass::BadRequest;
            let usage = error.usage.or_else(|| turned_away.then(Usage::default));
            return ProviderError { class: FailureClass::Overloaded, message, usage, ..error };
        }
        error
    }
}

/// The traits without what the server's words say that it does not take; `None` where they say nothing of the kind.
fn lower(traits: &Traits, error: &ProviderError) -> Option<Traits> {
    if !matches!(error.class, FailureClass::BadRequest | FailureClass::Overloaded) {
        return None;
    }
    let message = error.message.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| message.contains(word));
    let mut lower = *traits;
    if says(&["stream_options", "include_usage"]) {
        lower.streams_usage = false;
    } else if says(&["max_completion_tokens", "max_tokens"]) {
        lower.limit_field = match traits.limit_field {
            LimitField::MaxTokens => LimitField::MaxCompletionTokens,
            LimitField::MaxCompletionTokens => LimitField::MaxTokens,
        };
    } else if says(&["temperature"]) {
        lower.temperature = false;
    } else if says(&["response_format", "json_schema", "json schema", "structured output", "grammar"]) {
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

const fn simpler(mode: SchemaMode) -> SchemaMode {
    match mode {
        SchemaMode::JsonSchemaStrict => SchemaMode::JsonSchema,
        SchemaMode::JsonSchema | SchemaMode::JsonObjectWithSchema => SchemaMode::JsonObject,
        SchemaMode::JsonObject | SchemaMode::Prompted => SchemaMode::Prompted,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Change = fn(&mut Traits);

    #[test]
    fn what_is_refused_is_said_in_another_way_until_no_way_is_left() {
        let capable = Traits::capable();
        let model = Name::from_static("m");
        let rows: &[(&str, Change)] = &[
            ("Unrecognized request argument: stream_options", |traits| traits.streams_usage = false),
            ("Unsupported parameter: 'max_tokens'", |traits| {
                traits.limit_field = LimitField::MaxCompletionTokens;
            }),
            ("temperature does not support 0.2", |traits| traits.temperature = false),
            ("response_format type json_schema is unavailable", |traits| {
                traits.schema_mode = SchemaMode::JsonObject;
            }),
            ("this model does not support tools", |traits| traits.tool_mode = ToolMode::ByJson),
            ("System role not supported", |traits| traits.system_role = SystemRole::InUser),
        ];
        for (words, change) in rows {
            let lowered = Lowered::default();
            let error = ProviderError::new(FailureClass::BadRequest, (*words).to_owned());
            let told = lowered.learn(&model, &capable, error);
            assert_eq!(
                (told.class, told.usage),
                (FailureClass::Overloaded, Some(Usage::default())),
                "{words}"
            );
            let mut expected = capable;
            change(&mut expected);
            assert_eq!(lowered.of(&model), Some(expected), "{words}");
        }
        let lowered = Lowered::default();
        let mut traits = capable;
        let mut ways = 0;
        while let refused = ProviderError::new(FailureClass::BadRequest, "no json_schema here".to_owned())
            && lowered.learn(&model, &traits, refused).class == FailureClass::Overloaded
        {
            traits = lowered.of(&model).unwrap();
            ways += 1;
        }
        assert_eq!(
            (ways, traits.schema_mode),
            (2, SchemaMode::Prompted),
            "then it is a failure as any other"
        );
    }

    #[test]
    fn other_failures_teach_nothing() {
        let (model, capable) = (Name::from_static("m"), Traits::capable());
        for (class, words) in [
            (FailureClass::Unauthorized, "tools need another key"),
            (FailureClass::RateLimited, "too many tool calls"),
            (FailureClass::BadRequest, "the moon is full"),
        ] {
            let lowered = Lowered::default();
            let told = lowered.learn(&model, &capable, ProviderError::new(class, words.to_owned()));
            assert_eq!((told.class, lowered.of(&model)), (class, None), "{words}");
        }
    }
}
