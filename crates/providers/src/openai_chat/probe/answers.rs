//! What servers say of themselves.

use std::collections::BTreeMap;

use divisi_domain::name::Name;
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// `GET /v1/models`.
#[derive(Debug, Default, Deserialize)]
pub(super) struct ModelList {
    /// A server without a model may say `null`.
    #[serde(default, deserialize_with = "or_none")]
    pub(super) data: Vec<Listed>,
}

fn or_none<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Listed>, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

impl ModelList {
    /// That of a server that has none.
    pub(super) fn of(names: &[Name]) -> Self {
        let listed = |name: &Name| Listed { id: name.to_string(), ..Listed::default() };
        Self { data: names.iter().map(listed).collect() }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Listed {
    pub(super) id: String,
    pub(super) owned_by: Option<String>,
    pub(super) created: Option<Value>,
    /// vLLM.
    pub(super) max_model_len: Option<u32>,
    /// `OpenRouter`.
    pub(super) context_length: Option<u32>,
    /// `OpenRouter`.
    pub(super) supported_parameters: Option<Vec<String>>,
    /// llama.cpp.
    pub(super) meta: Option<Meta>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Meta {
    pub(super) n_ctx_train: Option<u32>,
}

/// `GET /props` of llama.cpp.
#[derive(Debug, Deserialize)]
pub(super) struct Props {
    pub(super) default_generation_settings: Generation,
    #[serde(default)]
    pub(super) total_slots: Option<u16>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Generation {
    /// Of one slot.
    pub(super) n_ctx: Option<u32>,
}

/// One of `GET /slots` of llama.cpp.
#[derive(Debug, Deserialize)]
pub(super) struct Slot {
    #[serde(default)]
    pub(super) n_ctx: Option<u32>,
}

/// `GET /api/version` of Ollama.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Version {
    #[serde(default)]
    version: String,
}

impl Version {
    /// Whether it is one of 0.1 to 0.6. One that was built by hand says 0.0.0.
    pub(super) fn is_old(&self) -> bool {
        let minor =
            self.version.strip_prefix("0.").and_then(|rest| rest.split('.').next()?.parse::<u32>().ok());
        minor.is_some_and(|minor| (1..=6).contains(&minor))
    }
}

/// `GET /api/ps` of Ollama: what is loaded.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Running {
    #[serde(default)]
    pub(super) models: Vec<Loaded>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Loaded {
    pub(super) name: String,
    #[serde(default)]
    pub(super) context_length: Option<u32>,
}

/// `GET /api/tags` of Ollama: what there is.
#[derive(Debug, Deserialize)]
pub(super) struct Tags {
    /// Only that it is there is asked for.
    #[serde(rename = "models")]
    _models: Vec<IgnoredAny>,
}

/// `POST /api/show` of Ollama.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Shown {
    pub(super) capabilities: Vec<String>,
    /// Lines of a name and a value.
    pub(super) parameters: String,
    /// Where it is computed, if that is elsewhere.
    pub(super) remote_host: String,
    pub(super) model_info: BTreeMap<String, Value>,
}

impl Shown {
    /// Whether it answers at all: there are models that only measure texts.
    pub(super) fn answers(&self) -> bool {
        self.capabilities.is_empty() || self.capabilities.iter().any(|capability| capability == "completion")
    }

    /// The context that the model file asks for.
    pub(super) fn context_asked(&self) -> Option<u32> {
        let line = self.parameters.lines().find_map(|line| line.trim().strip_prefix("num_ctx"))?;
        line.trim().parse().ok()
    }

    /// The context that the model was made for.
    pub(super) fn context_max(&self) -> Option<u32> {
        let (_, length) = self.model_info.iter().find(|(name, _)| name.ends_with(".context_length"))?;
        u32::try_from(length.as_u64()?).ok()
    }
}

/// `GET /api/v0/models` of LM Studio.
#[derive(Debug, Deserialize)]
pub(super) struct Studio {
    pub(super) data: Vec<StudioModel>,
}

#[derive(Debug, Deserialize)]
pub(super) struct StudioModel {
    pub(super) id: String,
    #[serde(default, rename = "type")]
    pub(super) kind: String,
    #[serde(default)]
    pub(super) max_context_length: Option<u32>,
    #[serde(default)]
    pub(super) loaded_context_length: Option<u32>,
    #[serde(default)]
    pub(super) capabilities: Vec<String>,
}
