//! Which models tasks get where neither they nor their crew say: the settings', else those of the vendors whose keys are
//! there, else those of servers on this machine, else none, which leaves the offline provider.

use std::collections::BTreeMap;

use divisi_domain::limits::ROUTE_TARGETS_MAX;
use divisi_domain::name::Name;
use divisi_engine::core::TermsTable;
use divisi_engine::crew::{Asked, RoutePriority, RouteTarget, Routing};
use divisi_llm::policy::routes::{RouteEntry, RouteTarget as Configured, Routes};
use divisi_providers::catalogue::{Rank, catalogue};

use super::known::models_of;
use super::service::Service;
use crate::compose::session::SessionError;
use crate::config::Settings;

/// Words in names of models that answer no questions.
const OTHER_USES: [&str; 5] = ["embed", "rerank", "whisper", "tts", "clip"];

/// The routing of these services.
pub(super) fn routing(
    settings: &Settings,
    services: &[Service],
    terms: &TermsTable,
) -> Result<Routing, SessionError> {
    let mut usual: BTreeMap<Name, Option<Name>> =
        services.iter().map(|service| (service.name.clone(), usual(service, Rank::Best))).collect();
    for (provider, model, _) in terms.models() {
        usual.entry(provider.clone()).or_insert_with(|| Some(model.clone()));
    }
    let listed = services.iter().filter(|service| service.is_ready()).flat_map(|service| {
        let provider = &service.name;
        models_of(service)
            .into_iter()
            .map(|model| RouteTarget { provider: provider.clone(), model: model.name })
    });
    let of_services = |provider: &Name| services.iter().any(|service| service.name == *provider);
    let others = terms.models().filter(|(provider, ..)| !of_services(provider));
    let known =
        others.map(|(provider, model, _)| RouteTarget { provider: provider.clone(), model: model.clone() });
    let listed = listed.chain(known).collect();
    let lacks = services.iter().filter_map(|service| Some((service.name.clone(), service.lack()?))).collect();
    let away =
        |provider: &Name| services.iter().any(|service| service.name == *provider && !service.keeps_here());
    let local = usual.keys().filter(|provider| !away(provider)).cloned().collect();
    let same = services.iter().filter(|service| service.answers_for_any_name());
    let only_listed = same.map(|service| service.name.clone()).collect();
    let own =
        services.iter().filter(|service| service.is_own()).map(|service| service.name.clone()).collect();
    let (routes, priority) = (Routes::default(), settings.route);
    let routing = Routing { routes, priority, usual, lacks, listed, only_listed, local, own, nobody: None };
    let entries = entries(settings, services, &routing)?;
    if entries.is_empty() {
        return Ok(Routing { nobody: nobody(services), ..routing });
    }
    Ok(Routing { routes: checked(entries)?, ..routing })
}

/// What to do about a service that has no model that is taken by itself.
fn nameless(service: &Service) -> String {
    let name = &service.name;
    let Some(first) = service.models.first() else {
        return format!("'{name}' lists no model. Name one with --model, or in `models` of its settings.");
    };
    format!(
        "'{name}' does not list '{first}', which the settings name. `divisi models` says why; correct it, or take it out."
    )
}

/// What the first service that somebody named lacks, and how to do without it.
fn nobody(services: &[Service]) -> Option<String> {
    let named = services.iter().find(|service| service.is_named)?;
    let lack = named.lack().unwrap_or_else(|| nameless(named));
    Some(format!("{lack} Without it `--provider extractive` works offline."))
}

fn checked(entries: Vec<RouteEntry>) -> Result<Routes, SessionError> {
    Routes::new(entries).map_err(|errors| {
        let sentences: Vec<String> = errors.iter().map(ToString::to_string).collect();
        SessionError::Setup(format!("The routes of the settings cannot be used: {}", sentences.join(" ")))
    })
}

fn entries(
    settings: &Settings,
    services: &[Service],
    routing: &Routing,
) -> Result<Vec<RouteEntry>, SessionError> {
    let wrong = |sentence: String| {
        SessionError::Setup(format!("The settings name a model that is not there. {sentence}"))
    };
    let mut entries = Vec::new();
    for route in &settings.routes {
        let targets = route.models.iter().map(|model| {
            let asked = Asked { model: Some(model.clone()), ..Asked::default() };
            routing.choose(&asked).map(|choice| choice.models).map_err(wrong)
        });
        let targets: Vec<RouteTarget> = targets.collect::<Result<Vec<_>, _>>()?.concat();
        let targets = targets.into_iter().map(configured).collect();
        entries.push(RouteEntry { purpose: route.purpose, priority: route.priority, targets });
    }
    let asked = Asked { model: settings.model.clone(), provider: settings.provider.clone(), priority: None };
    let chosen = routing.choose(&asked).map_err(wrong)?.models;
    let whole = |entries: &[RouteEntry]| {
        entries.iter().any(|entry| entry.purpose.is_none() && entry.priority.is_none())
    };
    if !chosen.is_empty() && !whole(&entries) {
        let targets = chosen.into_iter().map(configured).collect();
        entries.push(RouteEntry { purpose: None, priority: None, targets });
    } else if !whole(&entries) {
        let known = |entries: &[RouteEntry], priority| {
            entries.iter().any(|entry| entry.purpose.is_none() && entry.priority == priority)
        };
        for entry in by_itself(services) {
            if !known(&entries, entry.priority) {
                entries.push(entry);
            }
        }
        if !entries.is_empty() && !whole(&entries) {
            // What the settings leave open goes to the offline provider.
            let offline = divisi_providers::extractive::MODEL;
            let provider = Name::from_static("extractive");
            let targets = vec![configured(RouteTarget { provider, model: Name::from_static(offline) })];
            entries.push(RouteEntry { purpose: None, priority: None, targets });
        }
    }
    Ok(entries)
}

/// What is taken where nobody chooses: the vendors in the order of the table, then servers on this machine.
fn by_itself(services: &[Service]) -> Vec<RouteEntry> {
    let ready = || services.iter().filter(|service| service.is_ready());
    let of = |remote: bool, rank| -> Vec<Configured> {
        let wanted = ready().filter(|service| service.keeps_here() != remote);
        let targets = wanted.filter_map(|service| {
            let target = RouteTarget { provider: service.name.clone(), model: usual(service, rank)? };
            Some(configured(target))
        });
        targets.take(ROUTE_TARGETS_MAX).collect()
    };
    let (best, cheap, local) = (of(true, Rank::Best), of(true, Rank::Cheap), of(false, Rank::Best));
    let entry = |priority, targets: &[Configured]| {
        let targets = targets.to_vec();
        (!targets.is_empty()).then_some(RouteEntry { purpose: None, priority, targets })
    };
    let otherwise = if best.is_empty() { &local } else { &best };
    let entries = [
        entry(None, otherwise),
        entry(Some(RoutePriority::Cheap), &cheap),
        entry(Some(RoutePriority::Local), &local),
    ];
    entries.into_iter().flatten().collect()
}

/// The model of a service that is taken where none is named.
fn usual(service: &Service, rank: Rank) -> Option<Name> {
    if service.is_vendors() && service.models.is_empty() {
        return catalogue().ranked(service.name.as_str(), rank).map(|line| line.model.clone());
    }
    let answers = |name: &Name| !OTHER_USES.iter().any(|word| name.as_str().to_lowercase().contains(word));
    models_of(service).into_iter().map(|model| model.name).find(answers)
}

/// The policy knows the terms of a target from the table.
pub(super) fn configured(target: RouteTarget) -> Configured {
    Configured {
        provider: target.provider,
        model: target.model,
        key: Name::from_static("default"),
        price: None,
        input_tokens_max: 1,
        output_tokens_max: 1,
        thought_tokens: 0,
    }
}
