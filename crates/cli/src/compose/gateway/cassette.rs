//! Exchanges with models that are kept, or taken from a cassette.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use divisi_domain::id::TaskId;
use divisi_domain::limits::ROUTE_TARGETS_MAX;
use divisi_domain::money::Price;
use divisi_domain::name::Name;
use divisi_engine::core::Terms;
use divisi_llm::Provider;
use divisi_llm::cassette::Redaction;
use divisi_llm::policy::routes::{RouteEntry, Routes};
use divisi_providers::cassette::{Recording, Replay, Tape};

use super::Models;
use super::environment::variable;
use super::routing::configured;
use super::service::Service;
use crate::compose::session::SessionError;
use crate::config::CassetteUse;

/// Input tokens of a replayed model that nobody here knows.
const INPUT_TOKENS_UNKNOWN: u32 = 24_576;

/// The models with what `cassette` says.
pub(super) fn apply(models: Models, cassette: &CassetteUse) -> Result<Models, SessionError> {
    let redaction = redaction(&models.services);
    match cassette {
        CassetteUse::None => Ok(models),
        CassetteUse::Record(folder, task) => record(models, folder, *task, redaction),
        CassetteUse::Replay(folder) => replay(models, folder, redaction),
    }
}

/// What is taken out of cassettes: every key, and where the user lives.
pub(crate) fn redaction(services: &[Service]) -> Redaction {
    let keys = services.iter().filter_map(|service| service.key.secret()).collect();
    Redaction::new(keys, variable("HOME").into_iter().collect())
}

fn record(models: Models, folder: &Path, task: TaskId, redaction: Redaction) -> Result<Models, SessionError> {
    let tape = Tape::open(folder, redaction).map_err(|error| SessionError::Setup(error.to_string()))?;
    let tape = Arc::new(tape.of_task(task));
    let recorded = |(name, inner): (Name, Arc<dyn Provider>)| -> (Name, Arc<dyn Provider>) {
        (name, Arc::new(Recording::new(inner, Arc::clone(&tape))))
    };
    let providers: BTreeMap<_, _> = models.providers.into_iter().map(recorded).collect();
    Ok(Models { providers, tape: Some(tape), ..models })
}

fn replay(mut models: Models, folder: &Path, redaction: Redaction) -> Result<Models, SessionError> {
    let replay = Replay::open(folder, redaction).map_err(|error| SessionError::Setup(error.to_string()))?;
    let recorded: Vec<(Name, Name)> = replay.cassette().models().into_iter().collect();
    for (provider, model) in &recorded {
        if models.terms.get(provider, model).is_none() {
            let terms = Terms::of(Price::default(), INPUT_TOKENS_UNKNOWN);
            models.terms.set(provider.clone(), model.clone(), terms);
        }
        models.routing.usual.entry(provider.clone()).or_insert_with(|| Some(model.clone()));
    }
    models.routing.lacks.clear();
    let targets = recorded.iter().take(ROUTE_TARGETS_MAX).map(|(provider, model)| {
        configured(divisi_engine::crew::RouteTarget { provider: provider.clone(), model: model.clone() })
    });
    let entry = RouteEntry { purpose: None, priority: None, targets: targets.collect() };
    models.routing.routes = Routes::new(vec![entry]).unwrap_or_default();
    models.providers = replay.providers(models.providers.into_keys());
    Ok(models)
}
