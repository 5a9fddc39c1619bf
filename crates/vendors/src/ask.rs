//! A request for an answer, once its wire is read: what the brain needs, and nothing of the wire.

use serde_json::Value;

/// What is asked.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Ask {
    /// The model by its name.
    pub(crate) model: String,
    /// Whether the answer is to be streamed.
    pub(crate) stream: bool,
    /// Whether a stream is to end with the usage (OpenAI Chat sends it only when asked).
    pub(crate) stream_usage: bool,
    /// Instructions.
    pub(crate) system: String,
    /// Every other text of the conversation, in order, results of tools left out.
    pub(crate) texts: Vec<String>,
    /// Results of tools, in order.
    pub(crate) results: Vec<String>,
    /// Tools on offer.
    pub(crate) tools: Vec<Offer>,
    /// How the model may choose among them.
    pub(crate) choice: Choice,
    /// The schema of the answer.
    pub(crate) schema: Option<Value>,
    /// Output tokens at most.
    pub(crate) output_tokens_max: Option<u64>,
    /// Whether instructions and tools are marked to be kept in the vendor's cache.
    pub(crate) keep_prefix: bool,
}

/// A tool on offer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Offer {
    /// Its name.
    pub(crate) name: String,
    /// JSON schema of its arguments.
    pub(crate) schema: Value,
}

/// How a model may choose among tools.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum Choice {
    /// As it likes.
    #[default]
    Auto,
    /// None.
    None,
    /// One of them, whichever.
    Required,
    /// This one.
    Named(String),
}

impl Ask {
    /// Tokens of the input, as this server counts them.
    pub(crate) fn input_tokens(&self) -> u64 {
        let texts = self.texts.iter().chain(&self.results).map(String::len).sum::<usize>();
        let schema = self.schema.as_ref().map_or(0, |schema| schema.to_string().len());
        tokens_of_bytes(self.prefix_bytes() + texts + schema).max(1)
    }

    /// The part of them that is written to the cache: this server finds nothing in it.
    pub(crate) fn written_tokens(&self) -> u64 {
        if self.keep_prefix { tokens_of_bytes(self.prefix_bytes()) } else { 0 }
    }

    fn prefix_bytes(&self) -> usize {
        let tools = self.tools.iter().map(|tool| tool.name.len() + tool.schema.to_string().len());
        self.system.len() + tools.sum::<usize>()
    }
}

/// Four bytes are a token.
pub(crate) fn tokens_of_bytes(bytes: usize) -> u64 {
    u64::try_from(bytes.div_ceil(BYTES_PER_TOKEN)).unwrap_or(u64::MAX)
}

/// How many bytes this server calls one token.
pub(crate) const BYTES_PER_TOKEN: usize = 4;
