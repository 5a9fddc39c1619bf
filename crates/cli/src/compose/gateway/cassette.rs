//! Exchanges with models that are kept, or taken from a cassette.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use divisi_domain::id::TaskId;
use divisi_domain::limits::ROUTE_TARGETS_MAX;
use divisi_domain::money::Price;
use divisi_domain::name::Name;
use divisi_engine::core::Terms;
use divisi_engine::crew::RouteTarget;
use divisi_llm::Provider;
use divisi_llm::cassette::{Cassette, KeptRoom, Redaction};
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
    let keys = services.iter().flat_map(Service::secrets).collect();
    Redaction::new(keys, variable("HOME").into_iter().collect())
}

fn record(models: Models, folder: &Path, task: TaskId, redaction: Redaction) -> Result<Models, SessionError> {
    let tape = Tape::open(folder, redaction).map_err(|error| SessionError::Setup(error.to_string()))?;
    let terms = models.terms.clone();
    let room = move |provider: &Name, model: &Name| terms.get(provider, model).map(Terms::kept);
    let tape = Arc::new(tape.of_task(task).with_rooms(room));
    let recorded = |(name, inner): (Name, Arc<dyn Provider>)| -> (Name, Arc<dyn Provider>) {
        (name, Arc::new(Recording::new(inner, Arc::clone(&tape))))
    };
    let providers: BTreeMap<_, _> = models.providers.into_iter().map(recorded).collect();
    Ok(Models { providers, tape: Some(tape), ..models })
}

fn replay(mut models: Models, folder: &Path, redaction: Redaction) -> Result<Models, SessionError> {
    let replay = Replay::open(folder, redaction).map_err(|error| SessionError::Setup(error.to_string()))?;
    let cassette = replay.cassette();
    let rooms = cassette.rooms();
    for (provider, model) in cassette.models() {
        let room = rooms.get(&(provider.clone(), model.clone()));
        if let Some(terms) = replayed(models.terms.get(&provider, &model), room) {
            models.terms.set(provider.clone(), model.clone(), terms);
        }
        models.routing.usual.entry(provider).or_insert(Some(model));
    }
    models.routing.lacks.clear();
    models.routing.nobody = None;
    models.routing.routes = Routes::new(routes(cassette)).unwrap_or_default();
    models.providers = replay.providers(models.providers.into_keys());
    Ok(models)
}

/// The terms of a recorded model: its room is that of the recording, whatever it is here. `None`: as they are.
fn replayed(known: Option<&Terms>, room: Option<&KeptRoom>) -> Option<Terms> {
    let usual = || Terms::of(Price::default(), INPUT_TOKENS_UNKNOWN);
    match room {
        None => known.is_none().then(usual),
        Some(room) => Some(known.cloned().unwrap_or_else(usual).as_kept(room)),
    }
}

/// The models of each purpose in the order of the recording; of any other purpose, all of them.
fn routes(cassette: &Cassette) -> Vec<RouteEntry> {
    let entry = |purpose, targets: Vec<(Name, Name)>| {
        let target = |(provider, model)| configured(RouteTarget { provider, model });
        let targets = targets.into_iter().take(ROUTE_TARGETS_MAX).map(target).collect();
        RouteEntry { purpose, priority: None, targets }
    };
    let all = entry(None, cassette.models().into_iter().collect());
    let of_purposes = cassette.routes().into_iter().map(|(purpose, targets)| entry(Some(purpose), targets));
    of_purposes.chain([all]).collect()
}
