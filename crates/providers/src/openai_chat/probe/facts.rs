//! What is known of a server.

use divisi_domain::name::Name;

use super::super::traits::{SchemaMode, ToolMode, Traits};

/// Which server it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServerKind {
    /// api.openai.com.
    OpenAi,
    /// Ollama.
    Ollama,
    /// llama.cpp's own server.
    LlamaCpp,
    /// The server of llama-cpp-python.
    LlamaCppPython,
    /// LM Studio.
    LmStudio,
    /// vLLM.
    Vllm,
    /// The proxy of `LiteLLM`.
    LiteLlm,
    /// openrouter.ai.
    OpenRouter,
    /// Another one of this wire.
    Unknown,
}

impl ServerKind {
    /// What people call it.
    pub const fn title(self) -> &'static str {
        match self {
            Self::OpenAi => "OpenAI",
            Self::Ollama => "Ollama",
            Self::LlamaCpp => "llama.cpp",
            Self::LlamaCppPython => "llama-cpp-python",
            Self::LmStudio => "LM Studio",
            Self::Vllm => "vLLM",
            Self::LiteLlm => "LiteLLM",
            Self::OpenRouter => "OpenRouter",
            Self::Unknown => "OpenAI-compatible server",
        }
    }

    /// Whether it has one model, which answers whatever name is asked for.
    pub const fn answers_for_any_name(self) -> bool {
        match self {
            Self::LlamaCpp | Self::LlamaCppPython => true,
            Self::OpenAi
            | Self::Ollama
            | Self::LmStudio
            | Self::Vllm
            | Self::LiteLlm
            | Self::OpenRouter
            | Self::Unknown => false,
        }
    }

    /// What is known of such a server without asking it.
    pub(super) const fn traits(self) -> Traits {
        match self {
            // Every compatible field of it works; tools need a template of the model.
            Self::LlamaCpp | Self::Ollama | Self::LmStudio | Self::Vllm => {
                Traits { schema_mode: SchemaMode::JsonSchema, streams_usage: true, ..Traits::cautious() }
            }
            // `json_schema` is a failure, usage is never streamed, tools without a name are passed over.
            Self::LlamaCppPython => {
                Traits { schema_mode: SchemaMode::JsonObjectWithSchema, ..Traits::cautious() }
            }
            Self::OpenRouter => Traits { streams_usage: true, ..Traits::cautious() },
            // What most understand; what one refuses is asked of it in another way.
            Self::OpenAi | Self::LiteLlm => Traits::capable(),
            // Many pass over what they do not understand.
            Self::Unknown => Traits { schema_mode: SchemaMode::JsonSchemaHinted, ..Traits::capable() },
        }
    }
}

/// What is known of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelFacts {
    /// The server's name of it.
    pub id: Name,
    /// Tokens of input and output together that it takes there; the same as in `traits`.
    pub context_tokens: Option<u32>,
    /// What it can.
    pub traits: Traits,
}

impl ModelFacts {
    pub(super) fn new(id: Name, traits: Traits, context_tokens: Option<u32>) -> Self {
        Self { id, context_tokens, traits: Traits { context_tokens, ..traits } }
    }
}

/// What is known of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerFacts {
    /// Which it is.
    pub kind: ServerKind,
    /// Where it was asked.
    pub base_url: String,
    /// Its models, in its order: the list is the truth, since many servers answer for a model that they do not have.
    pub models: Vec<ModelFacts>,
    /// Calls that it answers at once, where it says.
    pub parallel_calls: Option<u16>,
    /// What it lacks, in sentences for people.
    pub lacks: Vec<String>,
}

/// A context below which documents hardly fit, in tokens.
const CONTEXT_TOKENS_SMALL: u32 = 4_096;

impl ServerFacts {
    /// Says what follows from the facts.
    pub(super) fn say_what_lacks(&mut self) {
        if self.models.is_empty() {
            self.lacks.push("It lists no model: pull or load one.".to_owned());
        }
        if self.parallel_calls == Some(1) {
            self.lacks
                .push("It answers one call at a time: parallel subtasks wait for each other.".to_owned());
        }
        let small =
            |model: &&ModelFacts| model.context_tokens.is_some_and(|tokens| tokens < CONTEXT_TOKENS_SMALL);
        self.of_models(
            small,
            "little context (below 4096 tokens): documents are cut to fit it. Start it with more",
        );
        let unheld = |model: &&ModelFacts| model.traits.schema_mode <= SchemaMode::JsonObject;
        self.of_models(
            unheld,
            "no schema for answers: they are asked for in words, checked, and asked for again",
        );
        let no_tools = |model: &&ModelFacts| model.traits.tool_mode != ToolMode::Native;
        self.of_models(no_tools, "no tools of its own: they are called through JSON answers");
        let uncounted = |model: &&ModelFacts| !model.traits.streams_usage;
        self.of_models(uncounted, "no token counts in streams: they are estimated");
    }

    fn of_models(&mut self, lacking: impl Fn(&&ModelFacts) -> bool, what: &str) {
        const NAMED_MAX: usize = 3;
        let names: Vec<&str> = self.models.iter().filter(&lacking).map(|model| model.id.as_str()).collect();
        let which = match names.len() {
            0 => return,
            all if all == self.models.len() && all > 1 => "All models".to_owned(),
            few if few <= NAMED_MAX => names.join(", "),
            many => format!("{} and {} more", names[..NAMED_MAX].join(", "), many - NAMED_MAX),
        };
        self.lacks.push(format!("{which}: {what}."));
    }
}
