//! What a server or a model of it can and wants: the same wire, spoken differently.

use divisi_domain::name::Name;

use crate::reasoning::{is_thinking_openai, takes_low_effort};

/// The field that limits the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LimitField {
    /// `max_tokens`: what nearly every compatible server obeys.
    MaxTokens,
    /// `max_completion_tokens`: what OpenAI itself wants.
    MaxCompletionTokens,
}

/// How the schema of the answer is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SchemaMode {
    /// In words only.
    Prompted,
    /// In words, and `response_format` `json_object` beside them.
    JsonObject,
    /// In words, and `json_object` with the schema in a field beside it: some servers hold an answer to that one alone, and
    /// others pass over it. Behind a proxy nobody knows which it is.
    JsonObjectHinted,
    /// In words, and `json_schema` beside them: what nobody knows may hold an answer to it, or pass over it without a word.
    JsonSchemaHinted,
    /// `json_object` with the schema in a field beside it, which constrains the answer.
    JsonObjectWithSchema,
    /// `json_schema`.
    JsonSchema,
    /// `json_schema` in OpenAI's strict dialect, where the schema can be said in it.
    JsonSchemaStrict,
}

/// How tools are offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ToolMode {
    /// `tools` of the wire.
    Native,
    /// Described in the instructions; a call is one form of the JSON answer.
    ByJson,
    /// Not at all: the model must answer with what it is given.
    None,
}

/// Where the instructions go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SystemRole {
    /// A message of the role `system`.
    System,
    /// A message of the role `developer`.
    Developer,
    /// Before the first words of the user: for models whose template knows no such role.
    InUser,
}

/// How much a model is told to think.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effort {
    /// Nothing is said of it.
    Usual,
    /// Little.
    Low,
}

/// How long texts and lists of an answer may be that is held to a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lengths {
    /// As the schema says.
    Free,
    /// Bounded, also where the schema says nothing: this model ran away inside of one.
    Bounded,
}

/// What a server, or a model of it, can and wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Traits {
    /// The field that limits the output.
    pub limit_field: LimitField,
    /// How the schema of the answer is given.
    pub schema_mode: SchemaMode,
    /// Whether a schema may constrain an answer while tools are offered: most servers never call a tool then.
    pub schema_beside_tools: bool,
    /// How long texts and lists may be that are held to a schema.
    pub lengths: Lengths,
    /// How tools are offered.
    pub tool_mode: ToolMode,
    /// Whether `stream_options` is understood; without, tokens are counted by us.
    pub streams_usage: bool,
    /// Where the instructions go.
    pub system_role: SystemRole,
    /// Whether a temperature may be given.
    pub temperature: bool,
    /// How much the model is told to think.
    pub effort: Effort,
    /// Tokens of input and output together, where known.
    pub context_tokens: Option<u32>,
    /// The most output tokens that a call may ask for, where the server has said so.
    pub output_tokens_max: Option<u32>,
}

impl Traits {
    /// api.openai.com, for this model.
    pub fn openai(model: &Name) -> Self {
        let model = model.as_str();
        let old = model.starts_with("gpt-3.5") || model == "gpt-4" || model.starts_with("gpt-4-");
        Self {
            limit_field: LimitField::MaxCompletionTokens,
            schema_mode: if old { SchemaMode::JsonObject } else { SchemaMode::JsonSchemaStrict },
            schema_beside_tools: !old,
            lengths: Lengths::Free,
            tool_mode: ToolMode::Native,
            streams_usage: true,
            system_role: SystemRole::System,
            temperature: !is_thinking_openai(model),
            effort: if takes_low_effort(model) { Effort::Low } else { Effort::Usual },
            context_tokens: None,
            output_tokens_max: None,
        }
    }

    /// A server that nothing is known of: what hardly any refuses.
    pub const fn cautious() -> Self {
        Self {
            limit_field: LimitField::MaxTokens,
            schema_mode: SchemaMode::Prompted,
            schema_beside_tools: false,
            lengths: Lengths::Free,
            tool_mode: ToolMode::ByJson,
            streams_usage: false,
            system_role: SystemRole::System,
            temperature: true,
            effort: Effort::Usual,
            context_tokens: None,
            output_tokens_max: None,
        }
    }

    /// A server that understands tools, schemas and usage, such as most services behind a compatible wire do.
    pub const fn capable() -> Self {
        Self {
            schema_mode: SchemaMode::JsonSchema,
            tool_mode: ToolMode::Native,
            streams_usage: true,
            ..Self::cautious()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn openai_models() {
        let rows = [
            ("gpt-4.1-mini", SchemaMode::JsonSchemaStrict, true),
            ("gpt-4o", SchemaMode::JsonSchemaStrict, true),
            ("gpt-4-turbo", SchemaMode::JsonObject, true),
            ("gpt-3.5-turbo", SchemaMode::JsonObject, true),
            ("o3-mini", SchemaMode::JsonSchemaStrict, false),
            ("gpt-5-mini", SchemaMode::JsonSchemaStrict, false),
            ("gpt-5-chat-latest", SchemaMode::JsonSchemaStrict, true),
        ];
        for (model, schema, temperature) in rows {
            let traits = Traits::openai(&Name::from_static(model));
            assert_eq!((traits.schema_mode, traits.temperature), (schema, temperature), "{model}");
            assert_eq!(traits.limit_field, LimitField::MaxCompletionTokens);
        }
    }
}
