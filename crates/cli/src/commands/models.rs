//! `divisi models`: which models tasks can get here, and what is lacking.

use divisi_domain::money::{MicroUsd, Price};
use divisi_engine::core::TermsTable;
use divisi_engine::crew::{RoutePriority, Routing};
use divisi_llm::Purpose;
use serde::Serialize;

use super::World;
use crate::compose::{Key, Look, Models, Probed, Service, models_of};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output;
use crate::render::columns;

/// A model in the list.
#[derive(Debug, Serialize)]
struct Line {
    provider: String,
    model: String,
    context_tokens: Option<u32>,
    /// Micro-USD per million tokens; `null` where nobody told it.
    price: Option<Price>,
}

/// A service in the list.
#[derive(Debug, Serialize)]
struct Told {
    provider: String,
    address: Option<String>,
    server: Option<&'static str>,
    key_from: Option<String>,
    ready: bool,
    lacks: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Listed {
    /// Models that tasks get where neither they nor their crew choose, by what matters most.
    routes: Vec<(RoutePriority, Vec<String>)>,
    /// Why tasks are refused where neither they nor their crew choose.
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<String>,
    services: Vec<Told>,
    models: Vec<Line>,
}

/// Prints models and services.
pub(super) async fn run(world: &World, tries: bool, json: bool) -> Result<Exit, Failure> {
    let look = if tries { Look::Try } else { Look::Ask };
    let models = Models::find(&world.places, &world.settings, look).await?;
    let listed = Listed {
        routes: routes(&models.routing),
        refused: models.routing.nobody.clone(),
        services: models.services.iter().map(told).collect(),
        models: lines(&models),
    };
    if json {
        output::print_json(&listed)?;
    } else {
        output::print(&text(&listed, world.terminal.list_width))?;
    }
    Ok(Exit::Done)
}

fn routes(routing: &Routing) -> Vec<(RoutePriority, Vec<String>)> {
    let priorities = [RoutePriority::Best, RoutePriority::Cheap, RoutePriority::Local];
    let of = |priority| {
        let targets = routing.routes.targets(Purpose::Work, priority).iter();
        (priority, targets.map(|target| format!("{}/{}", target.provider, target.model)).collect())
    };
    priorities.into_iter().map(of).collect()
}

/// What a person is told of a service.
fn told(service: &Service) -> Told {
    let (server, mut lacks) = match &service.probed {
        Probed::Facts(facts) => (Some(facts.kind.title()), facts.lacks.clone()),
        Probed::No | Probed::Failed(_) => (None, Vec::new()),
    };
    lacks.extend(service.lack());
    Told {
        provider: service.name.to_string(),
        address: service.base_url.clone(),
        server,
        key_from: match &service.key {
            Key::Found(_, from) => Some(from.clone()),
            Key::None | Key::Missing(_) | Key::Shut(_) => None,
        },
        ready: service.is_ready(),
        lacks,
    }
}

fn lines(models: &Models) -> Vec<Line> {
    let price = |terms: &TermsTable, line: &Line| {
        let (provider, model) = (line.provider.parse().ok()?, line.model.parse().ok()?);
        terms.get(&provider, &model)?.price
    };
    let ready = models.services.iter().filter(|service| service.is_ready());
    let mut lines: Vec<Line> = ready
        .flat_map(|service| {
            models_of(service).into_iter().map(|model| Line {
                provider: service.name.to_string(),
                model: model.name.to_string(),
                context_tokens: model.context_tokens,
                price: None,
            })
        })
        .collect();
    lines.push(Line {
        provider: divisi_providers::extractive::PROVIDER.to_owned(),
        model: divisi_providers::extractive::MODEL.to_owned(),
        context_tokens: None,
        price: None,
    });
    for line in &mut lines {
        line.price = price(&models.terms, line);
    }
    lines
}

fn text(listed: &Listed, width: usize) -> String {
    let best = listed.routes.first().map(|(_, models)| models.join(", then ")).unwrap_or_default();
    let mut text = if let Some(why) = &listed.refused {
        format!("Tasks are refused where neither they nor their crew choose a model. {why}\n\n")
    } else if best.is_empty() {
        "Tasks are worked on offline, without any language model: no key is set and no model server was found.\n\n".to_owned()
    } else {
        format!("Tasks get {best}, where neither they nor their crew choose.\n\n")
    };
    let mut rows = vec![["provider", "model", "context", "input", "output"].map(str::to_owned).to_vec()];
    for line in &listed.models {
        let per_million = |of: fn(&Price) -> u64| match &line.price {
            None => "no price".to_owned(),
            Some(price) if *price == Price::default() => "free".to_owned(),
            Some(price) => format!("{}/M", MicroUsd(of(price))),
        };
        rows.push(vec![
            line.provider.clone(),
            line.model.clone(),
            line.context_tokens.map_or_else(|| "-".to_owned(), |tokens| tokens.to_string()),
            per_million(|price| price.input_per_million),
            per_million(|price| price.output_per_million),
        ]);
    }
    text += &columns(&rows, 1, width);
    text.push('\n');
    for service in &listed.services {
        text += &said(service);
    }
    text
}

/// A service in a line or more.
fn said(service: &Told) -> String {
    let server = service.server.map(|server| format!("{server} ")).unwrap_or_default();
    let place = service.address.as_ref().map(|address| format!("{server}at {address}"));
    let key = service.key_from.as_ref().map(|from| format!("key from {from}"));
    let facts: Vec<String> = [place, key].into_iter().flatten().collect();
    let state = if service.ready { "ready" } else { "not ready" };
    let head = [vec![format!("{}: {state}", service.provider)], facts].concat().join(", ");
    let lines = [vec![format!("{head}.")], service.lacks.clone()].concat();
    lines.join("\n  ") + "\n"
}

/// For `doctor`: each service in a line, and whether it is as it should be. A vendor without a key is; of a key store that does
/// not open it tells in a line of its own.
pub(super) fn checks(models: &Models) -> Vec<(bool, String, String)> {
    let of = |service: &Service| {
        let told = told(service);
        let wrong = matches!(service.probed, Probed::Failed(_));
        (!wrong, format!("models of {}", told.provider), said(&told).trim_end().replace("\n  ", " "))
    };
    models.services.iter().map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(best: &[&str]) -> Listed {
        let price =
            Price { input_per_million: 2_500_000, output_per_million: 10_000_000, ..Price::default() };
        let line = |provider: &str, model: &str, context_tokens, price| Line {
            provider: provider.to_owned(),
            model: model.to_owned(),
            context_tokens,
            price,
        };
        Listed {
            refused: None,
            routes: vec![(RoutePriority::Best, best.iter().map(|model| (*model).to_owned()).collect())],
            services: vec![Told {
                provider: "openai".to_owned(),
                address: None,
                server: None,
                key_from: None,
                ready: false,
                lacks: vec!["There is no key for 'openai'. Set OPENAI_API_KEY.".to_owned()],
            }],
            models: vec![
                line("openai", "big", Some(8_192), Some(price)),
                line("mine", "odd", None, None),
                line("extractive", "extractive-1", None, Some(Price::default())),
            ],
        }
    }

    #[test]
    fn a_list_says_what_tasks_get_what_it_costs_and_what_is_lacking() {
        let shown = text(&listed(&["openai/big", "mine/odd"]), 80);
        for part in [
            "Tasks get openai/big, then mine/odd",
            "8192",
            "$2.50/M",
            "$10.00/M",
            "no price",
            "free",
            "openai: not ready.\n  There is no key for 'openai'. Set OPENAI_API_KEY.",
        ] {
            assert!(shown.contains(part), "{part}:\n{shown}");
        }
        assert!(text(&listed(&[]), 80).starts_with("Tasks are worked on offline"));
        let refused = Listed { refused: Some("Set KEY.".to_owned()), ..listed(&[]) };
        let shown = text(&refused, 80);
        assert!(
            shown.starts_with("Tasks are refused where neither they nor their crew choose a model. Set KEY.")
        );
    }
}
