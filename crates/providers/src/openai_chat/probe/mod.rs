//! What a server is, which models it has, and what they can.

mod answers;
mod asking;
mod detect;
mod facts;
mod kinds;
mod together;
mod trial;

use divisi_domain::name::Name;
use divisi_llm::ProviderError;

use self::answers::ModelList;
use self::asking::Asking;
pub use self::asking::ProbeSettings;
pub use self::detect::{Candidate, Detected, detect, loopback_candidates};
pub use self::facts::{ModelFacts, ServerFacts, ServerKind};
use super::errors;
use super::names::file_name;
use crate::http::{Fault, Fetched, Refusal, Transport};
use crate::refusal::{Asked, Hidden};

/// The most models of a server that are listed.
pub const MODELS_MAX: usize = 500;
/// The most models of a server that are called to see what they can.
pub const TRIED_MODELS_MAX: usize = 4;

/// How servers answer that have no list of models: it is no part of what they can, or not under this address.
const HAS_NO_LIST: [u16; 3] = [404, 405, 501];
/// The same, and how those answer that fail over it: what matters is whether a call is answered.
const SAYS_NO_LIST: [u16; 4] = [404, 405, 500, 501];

/// What the server of `settings` is and can. Each question has the deadlines of `settings`; an error means that the list of
/// models, without which nothing is known, could not be had, and nobody said which there are.
pub async fn probe(
    transport: &dyn Transport,
    settings: &ProbeSettings,
) -> Result<ServerFacts, ProviderError> {
    let asking = Asking { transport, settings };
    let fetched = asking.of_base("/models").await?;
    let is_named = !settings.named.is_empty();
    let told = if is_named && SAYS_NO_LIST.contains(&fetched.status) {
        ModelList::default()
    } else {
        listed(&fetched, settings).map_err(|fault| *fault)?
    };
    // A server that keeps no list, or lists only what it has downloaded, may answer all the same.
    let believed = told.data.is_empty() && is_named;
    let list = if believed { ModelList::of(&settings.named) } else { told };
    let kind = kinds::kind(asking, &fetched, &list).await;
    let (names, mut lacks) = names(&list, kind);
    if believed {
        lacks.push("It lists no models: those that the settings name are asked for.".to_owned());
    }
    let (models, parallel_calls, more) = kinds::models(asking, kind, &list, names).await;
    lacks.extend(more);
    let base_url = settings.base_url.clone();
    let mut facts = ServerFacts { kind, base_url, models, parallel_calls, lacks };
    facts.say_what_lacks();
    Ok(facts)
}

/// How many calls the server of `settings` answers at once, where it says so; all else of it is known. For a server that is
/// spoken to on another of its wires.
pub async fn slots(transport: &dyn Transport, settings: &ProbeSettings) -> Option<u16> {
    kinds::slots(Asking { transport, settings }).await
}

fn listed(fetched: &Fetched, settings: &ProbeSettings) -> Result<ModelList, Fault> {
    let Fetched { status, headers, body, host } = fetched;
    if HAS_NO_LIST.contains(status) {
        return Err(errors::listless(host, *status).into());
    }
    if *status >= 400 {
        let asked = Asked { provider: settings.name.clone(), model: Name::from_static("models") };
        let refusal = Refusal { status: *status, headers, body, host };
        return Err(
            errors::refused(&asked, &Hidden::of(settings.key.as_ref(), &settings.headers), &refusal).into()
        );
    }
    serde_json::from_str(body).map_err(|_| errors::no_list(host).into())
}

/// The names of the models, and what cannot be said of the others.
fn names(list: &ModelList, kind: ServerKind) -> (Vec<Name>, Vec<String>) {
    let mut names = Vec::new();
    let mut lacks = Vec::new();
    for model in list.data.iter().take(MODELS_MAX) {
        let id = if kind.answers_for_any_name() { file_name(&model.id) } else { &model.id };
        match id.parse::<Name>() {
            Ok(name) => names.push(name),
            Err(error) => {
                lacks.push(format!("A model cannot be used: {error}. Give it an alias at the server."));
            }
        }
    }
    if list.data.len() > MODELS_MAX {
        lacks.push(format!("It lists {} models: the first {MODELS_MAX} are shown.", list.data.len()));
    }
    (names, lacks)
}

#[cfg(test)]
mod tests;
