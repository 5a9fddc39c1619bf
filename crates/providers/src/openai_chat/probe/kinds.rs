//! Kinds of servers: how they are told apart, and what each says of its models.

use std::collections::BTreeMap;

use divisi_domain::name::Name;
use futures::StreamExt;
use futures::stream;
use serde_json::{Value, json};

use super::super::traits::{SchemaMode, ToolMode, Traits};
use super::answers::{Listed, ModelList, Props, Running, Shown, Slot, Studio, Tags, Version};
use super::asking::Asking;
use super::facts::{ModelFacts, ServerKind};
use super::{TRIED_MODELS_MAX, together, trial};
use crate::http::{Fetched, excerpt, host_port, is_private};

/// Questions about models that are open at once.
const ASKED_AT_ONCE: usize = 4;
/// Models of Ollama that are asked about one by one.
const SHOWN_MODELS_MAX: usize = 64;
/// What Ollama gives a model that nobody asked more for, on a machine with little memory for it.
const OLLAMA_CONTEXT_TOKENS: u32 = 4_096;
/// The same of old versions.
const OLD_OLLAMA_CONTEXT_TOKENS: u32 = 2_048;
/// The date that `LiteLLM` gives every model.
const LITELLM_CREATED: u64 = 1_677_610_602;

/// Models, calls answered at once, and what lacks beside.
type Known = (Vec<ModelFacts>, Option<u16>, Vec<String>);

/// Which server it is: by its list and headers, else by answers that only one kind has.
pub(super) async fn kind(asking: Asking<'_>, fetched: &Fetched, list: &ModelList) -> ServerKind {
    if let Some(kind) = told(asking, fetched, list) {
        return kind;
    }
    if asking.of_root::<Props>("/props").await.is_some() {
        return ServerKind::LlamaCpp;
    }
    if asking.of_root::<Tags>("/api/tags").await.is_some() {
        return ServerKind::Ollama;
    }
    if asking.of_root::<Studio>("/api/v0/models").await.is_some() {
        return ServerKind::LmStudio;
    }
    ServerKind::Unknown
}

fn told(asking: Asking<'_>, fetched: &Fetched, list: &ModelList) -> Option<ServerKind> {
    let host = host_port(&asking.settings.base_url);
    if host.starts_with("api.openai.com:") {
        return Some(ServerKind::OpenAi);
    }
    if host.starts_with("openrouter.ai:") {
        return Some(ServerKind::OpenRouter);
    }
    let header =
        |name: &str| fetched.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    if fetched.headers.iter().any(|(name, _)| name.starts_with("x-litellm")) {
        return Some(ServerKind::LiteLlm);
    }
    if header("server") == Some("llama.cpp") {
        return Some(ServerKind::LlamaCpp);
    }
    let first = list.data.first()?;
    match first.owned_by.as_deref() {
        Some("llamacpp") => Some(ServerKind::LlamaCpp),
        Some("vllm") => Some(ServerKind::Vllm),
        Some("me") => Some(ServerKind::LlamaCppPython),
        Some("library") => Some(ServerKind::Ollama),
        Some("organization_owner") => Some(ServerKind::LmStudio),
        // Others give models of OpenAI's names that date as well, and say themselves who has them.
        Some("openai") if first.created.as_ref().and_then(Value::as_u64) == Some(LITELLM_CREATED) => {
            Some(ServerKind::LiteLlm)
        }
        _ => None,
    }
}

/// What a server of this kind says of its models.
pub(super) async fn models(
    asking: Asking<'_>,
    kind: ServerKind,
    list: &ModelList,
    names: Vec<Name>,
) -> Known {
    let known = kind.traits();
    match kind {
        ServerKind::OpenAi => (openai(names), None, Vec::new()),
        ServerKind::OpenRouter => (openrouter(list, known), None, Vec::new()),
        ServerKind::Ollama => ollama(asking, names, known).await,
        ServerKind::LmStudio => (studio(asking, names, known).await, None, Vec::new()),
        ServerKind::LlamaCpp => llama_cpp(asking, list, names, known).await,
        ServerKind::LlamaCppPython => (plain(names, known, None), Some(1), Vec::new()),
        ServerKind::Vllm => {
            let context = list.data.iter().find_map(|model| model.max_model_len);
            let (models, lacks) = tried(asking, plain(names, known, context), Trial::Tools).await;
            (models, None, lacks)
        }
        ServerKind::LiteLlm | ServerKind::Unknown => {
            let context = |model: &Listed| model.max_model_len.or(model.context_length);
            let context = list.data.iter().find_map(context).filter(|_| list.data.len() == 1);
            let (models, mut lacks) = tried(asking, plain(names, known, context), Trial::All).await;
            let parallel = together(asking, &models, &mut lacks).await;
            (models, parallel, lacks)
        }
    }
}

fn plain(names: Vec<Name>, traits: Traits, context: Option<u32>) -> Vec<ModelFacts> {
    names.into_iter().map(|name| ModelFacts::new(name, traits, context)).collect()
}

fn openai(names: Vec<Name>) -> Vec<ModelFacts> {
    names
        .into_iter()
        .map(|name| {
            let traits = Traits::openai(&name);
            ModelFacts::new(name, traits, None)
        })
        .collect()
}

fn openrouter(list: &ModelList, known: Traits) -> Vec<ModelFacts> {
    let facts = |model: &Listed| {
        let can = |what: &str| model.supported_parameters.iter().flatten().any(|parameter| parameter == what);
        let traits = Traits {
            schema_mode: if can("structured_outputs") {
                SchemaMode::JsonSchema
            } else {
                SchemaMode::Prompted
            },
            tool_mode: if can("tools") { ToolMode::Native } else { ToolMode::ByJson },
            temperature: model.supported_parameters.is_none() || can("temperature"),
            ..known
        };
        Some(ModelFacts::new(model.id.parse().ok()?, traits, model.context_length))
    };
    list.data.iter().take(super::MODELS_MAX).filter_map(facts).collect()
}

async fn ollama(asking: Asking<'_>, names: Vec<Name>, known: Traits) -> Known {
    let running: Running = asking.of_root("/api/ps").await.unwrap_or_default();
    let version: Version = asking.of_root("/api/version").await.unwrap_or_default();
    let usual = if version.is_old() { OLD_OLLAMA_CONTEXT_TOKENS } else { OLLAMA_CONTEXT_TOKENS };
    let loaded: BTreeMap<String, Option<u32>> =
        running.models.into_iter().map(|model| (model.name, model.context_length)).collect();
    let shown = |(at, name): (usize, Name)| async move {
        let about = json!({"model": name.as_str()}).to_string().into_bytes();
        let asked = at < SHOWN_MODELS_MAX;
        let shown = if asked { asking.of_root_about::<Shown>("/api/show", about).await } else { None };
        (name, shown.unwrap_or_default())
    };
    let shown: Vec<_> =
        stream::iter(names.into_iter().enumerate()).map(shown).buffered(ASKED_AT_ONCE).collect().await;
    let mut lacks = Vec::new();
    let mut models = Vec::new();
    for (name, shown) in shown {
        if !shown.answers() {
            continue;
        }
        // What is sent to Ollama is thought to stay on its machine, and to cost nothing.
        if !shown.remote_host.is_empty() {
            lacks.push(format!(
                "{name}: Ollama passes on to {} what this model is sent, so it is not used. Name that service itself \
                 under [providers.NAME] if you want it.",
                excerpt(&shown.remote_host)
            ));
            continue;
        }
        let default = shown.context_asked().unwrap_or(usual);
        let most = shown.context_max().unwrap_or(default);
        let context = loaded.get(name.as_str()).copied().flatten().unwrap_or(default.min(most));
        if context < most && context <= OLLAMA_CONTEXT_TOKENS {
            lacks.push(format!(
                "{name}: Ollama gives it {context} of its {most} tokens of context. \
                 Set OLLAMA_CONTEXT_LENGTH for the server, or num_ctx in its model file."
            ));
        }
        let native = shown.capabilities.iter().any(|capability| capability == "tools");
        let tool_mode = if native { ToolMode::Native } else { ToolMode::ByJson };
        models.push(ModelFacts::new(name, Traits { tool_mode, ..known }, Some(context)));
    }
    (models, None, lacks)
}

async fn studio(asking: Asking<'_>, names: Vec<Name>, known: Traits) -> Vec<ModelFacts> {
    let Some(studio) = asking.of_root::<Studio>("/api/v0/models").await else {
        return plain(names, known, None);
    };
    let facts = |model: super::answers::StudioModel| {
        let native = model.capabilities.iter().any(|capability| capability == "tool_use");
        let tool_mode = if native { ToolMode::Native } else { ToolMode::ByJson };
        let context = model.loaded_context_length.or(model.max_context_length);
        let speaks = model.kind != "embeddings";
        Some(ModelFacts::new(model.id.parse().ok()?, Traits { tool_mode, ..known }, context))
            .filter(|_| speaks)
    };
    studio.data.into_iter().take(super::MODELS_MAX).filter_map(facts).collect()
}

async fn llama_cpp(asking: Asking<'_>, list: &ModelList, names: Vec<Name>, known: Traits) -> Known {
    let props = asking.of_root::<Props>("/props").await;
    let slots = asking.of_root::<Vec<Slot>>("/slots").await.unwrap_or_default();
    let of_slots = slots.iter().filter_map(|slot| slot.n_ctx).min();
    let of_props = props.as_ref().and_then(|props| props.default_generation_settings.n_ctx);
    let trained = list.data.iter().find_map(|model| model.meta.as_ref()?.n_ctx_train);
    let context = of_slots.or(of_props).or(trained).filter(|tokens| *tokens > 0);
    let parallel = slots_in(props.as_ref(), &slots);
    let (models, mut lacks) = tried(asking, plain(names, known, context), Trial::Tools).await;
    let parallel = match parallel {
        Some(said) => Some(said),
        None => together(asking, &models, &mut lacks).await,
    };
    (models, parallel, lacks)
}

/// How many calls a server answers at once, by what llama.cpp's says of its slots.
pub(super) async fn slots(asking: Asking<'_>) -> Option<u16> {
    let props = asking.of_root::<Props>("/props").await;
    let slots = asking.of_root::<Vec<Slot>>("/slots").await.unwrap_or_default();
    slots_in(props.as_ref(), &slots)
}

fn slots_in(props: Option<&Props>, slots: &[Slot]) -> Option<u16> {
    let counted = u16::try_from(slots.len()).ok();
    props.and_then(|props| props.total_slots).or(counted).filter(|count| *count > 0)
}

/// How many calls a server answers at once that does not say it: two calls tell whether it is one. A service is not asked:
/// it answers many, and takes money for it.
async fn together(asking: Asking<'_>, models: &[ModelFacts], lacks: &mut Vec<String>) -> Option<u16> {
    let may = asking.settings.may_call && lacks.is_empty() && is_private(&asking.settings.base_url);
    let model = models.first().filter(|_| may)?;
    if together::are_taken(asking, &model.id, &model.traits).await {
        return None;
    }
    lacks.push(
        "Of two small calls at once only one was answered, or one after the other. Tasks do not try that: set \
         calls_in_flight_max = 1 for it under [providers.NAME], or its calls wait until their deadlines."
            .to_owned(),
    );
    Some(1)
}

/// Of a model whose streams alone fail.
const STREAMS_FAIL: &str = "plain calls are answered, and streams fail, so that tasks ask it for plain answers once three of its streams have failed";

/// What is found out by calling.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Trial {
    /// Only whether tools are called.
    Tools,
    /// Everything.
    All,
}

/// Calls the first models; the others keep what is known of their server.
async fn tried(asking: Asking<'_>, models: Vec<ModelFacts>, trial: Trial) -> (Vec<ModelFacts>, Vec<String>) {
    let mut lacks = Vec::new();
    if !asking.settings.may_call {
        return (models, lacks);
    }
    let mut known = Vec::new();
    for (at, model) in models.into_iter().enumerate() {
        if at >= TRIED_MODELS_MAX {
            known.push(model);
            continue;
        }
        let outcome = match trial {
            Trial::Tools => trial::tools(asking, &model.id, model.traits).await,
            Trial::All => trial::tried(asking, &model.id, model.traits).await,
        };
        match outcome {
            Ok(traits) => known.push(ModelFacts::new(model.id, traits, model.context_tokens)),
            Err(error) => {
                let comes = trial::answers_whole(asking, &model.id, model.traits, &error).await;
                let lack = if comes { STREAMS_FAIL } else { "it could not be tried" };
                lacks.push(format!("{}: {lack}. {error}", model.id));
                known.push(model);
            }
        }
    }
    (known, lacks)
}
