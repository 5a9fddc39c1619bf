//! What is known of each model: price, room, and whose allowance it uses.

use divisi_domain::money::Price;
use divisi_domain::name::Name;
use divisi_domain::time::Millis;
use divisi_engine::core::{Terms, TermsTable, rooms};
use divisi_llm::policy::prices::{PriceEntry, PriceFile, PriceTable};
use divisi_llm::policy::routes::RouteTarget;
use divisi_llm::policy::{Quote, RateLimits};
use divisi_providers::catalogue::catalogue;
use divisi_providers::reasoning::allowance;

use super::service::{Probed, Service};
use crate::config::Settings;

/// Tokens of input and output together of a model of which nothing is known.
const CONTEXT_TOKENS_UNKNOWN: u32 = 32_768;
/// Name of the one key that a service has.
const KEY: &str = "default";

/// A model that tasks may be sent to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KnownModel {
    pub(crate) name: Name,
    /// Tokens of input and output together, where known.
    pub(crate) context_tokens: Option<u32>,
}

/// The models of a service: as configured, as it lists them, as the catalogue knows them.
pub(crate) fn models_of(service: &Service) -> Vec<KnownModel> {
    let said = service.settings.as_ref().and_then(|settings| settings.context_tokens);
    if let Probed::Facts(facts) = &service.probed {
        // A server may think that it has more than it was given; nobody says less than there is.
        let context = |of_server: Option<u32>| [of_server, said].into_iter().flatten().min();
        let listed = facts.models.iter().map(|model| KnownModel {
            name: model.id.clone(),
            context_tokens: context(model.context_tokens),
        });
        let configured =
            |model: &KnownModel| service.models.is_empty() || service.models.contains(&model.name);
        return listed.filter(configured).collect();
    }
    if !service.models.is_empty() {
        let model = |name: &Name| KnownModel { name: name.clone(), context_tokens: said };
        return service.models.iter().map(model).collect();
    }
    let own = catalogue().models.iter().filter(|line| line.provider == service.name && service.is_vendors());
    own.map(|line| KnownModel {
        name: line.model.clone(),
        context_tokens: Some(line.input_tokens_max.saturating_add(line.output_tokens_max)),
    })
    .collect()
}

/// Adds the terms of every model of the services, and of those that nobody lists.
pub(super) fn add_terms(terms: &mut TermsTable, services: &[Service], settings: &Settings) {
    let prices = PriceTable::new(price_file(), settings.prices.clone(), settings.price_ceiling);
    let own = Millis::from_secs(u64::from(settings.own_call_seconds_max));
    for service in services {
        let call_max = service.is_own().then_some(own);
        for model in models_of(service) {
            let known = Terms { call_max, ..of_model(service, &model, &prices) };
            terms.set(service.name.clone(), model.name.clone(), known);
        }
        let other = KnownModel { name: Name::from_static("other"), context_tokens: None };
        let others = Terms { call_max, ..of_model(service, &other, &prices) };
        terms.set_others(service.name.clone(), others);
        if let Some(lack) = service.no_key() {
            terms.lack(service.name.clone(), lack);
        }
        if let Some(limits) = limits(service) {
            terms.limit(service.name.clone(), Name::from_static(KEY), limits);
        }
    }
}

fn of_model(service: &Service, model: &KnownModel, prices: &PriceTable) -> Terms {
    let known = catalogue().find(service.name.as_str(), model.name.as_str());
    let configured = service.settings.as_ref().and_then(|settings| settings.context_tokens);
    let context = model.context_tokens.or(configured).unwrap_or(CONTEXT_TOKENS_UNKNOWN);
    let thought_tokens = allowance(model.name.as_str());
    let (input, output) = rooms(context, thought_tokens);
    let output_tokens_max = known.map_or(output, |line| line.output_tokens_max);
    let input_tokens_max = known.map_or(input, |line| line.input_tokens_max);
    let price = price(service, &model.name, prices);
    // What may cost something is measured before it is reserved.
    let measured = price.unwrap_or_default() != Price::default() || price.is_none();
    let key = Name::from_static(KEY);
    Terms { price, input_tokens_max, output_tokens_max, thought_tokens, key, call_max: None, measured }
}

fn price(service: &Service, model: &Name, prices: &PriceTable) -> Option<Price> {
    let target = |model: Name| RouteTarget {
        provider: service.name.clone(),
        model,
        key: Name::from_static(KEY),
        price: None,
        input_tokens_max: 0,
        output_tokens_max: 0,
        thought_tokens: 0,
    };
    // A dated name is priced as its model.
    let undated = catalogue().find(service.name.as_str(), model.as_str()).map(|line| line.model.clone());
    // A proxy is thought to pay what the vendor of the model takes.
    let behind = catalogue().of_any_vendor(model.as_str()).filter(|_| service.may_be_proxy());
    match (prices.quote(&target(model.clone())), undated) {
        _ if service.is_free() => Some(Price::default()),
        (Quote::Known(price), _) => Some(price),
        (_, Some(undated)) => prices.quote(&target(undated)).price(),
        (quote, None) => behind.map(|line| line.price).or_else(|| quote.price()),
    }
}

fn price_file() -> PriceFile {
    let table = catalogue();
    let line = |line: &divisi_providers::catalogue::KnownModel| PriceEntry {
        provider: line.provider.clone(),
        model: Some(line.model.clone()),
        price: line.price,
    };
    PriceFile { version: table.version, prices: table.models.iter().map(line).collect() }
}

fn limits(service: &Service) -> Option<RateLimits> {
    let settings = service.settings.as_ref();
    let said = match &service.probed {
        Probed::Facts(facts) => facts.parallel_calls,
        Probed::No | Probed::Failed(_) => service.slots,
    };
    let limits = RateLimits {
        requests_per_minute: settings.and_then(|settings| settings.requests_per_minute),
        tokens_per_minute: settings.and_then(|settings| settings.tokens_per_minute),
        calls_in_flight_max: settings.and_then(|settings| settings.calls_in_flight_max).or(said),
    };
    (limits != RateLimits::default()).then_some(limits)
}

#[cfg(test)]
mod tests {
    use divisi_providers::openai_chat::{ServerFacts, ServerKind};

    use super::super::environment::{Environment, Vendor};
    use super::super::sealed::Found;
    use super::super::service::named;
    use super::*;

    /// A server may answer for names that it does not list, with whatever model it has.
    #[test]
    fn what_a_server_does_not_list_is_no_model_of_it() {
        let settings: Settings = toml::from_str(
            "[providers.own]\nbase_url = \"http://127.0.0.1:8000\"\nmodels = [\"smol\", \"gpt-5\"]\n",
        )
        .unwrap();
        let mut service = named(&settings, &Environment::default()).unwrap().pop().unwrap();
        let names = |service: &Service| -> Vec<String> {
            models_of(service).into_iter().map(|model| model.name.to_string()).collect()
        };
        assert_eq!(names(&service), ["smol", "gpt-5"], "it was not asked");
        let traits = divisi_providers::openai_chat::Traits::cautious();
        let listed = ["other", "smol"].map(|id| divisi_providers::openai_chat::ModelFacts {
            id: Name::from_static(id),
            context_tokens: None,
            traits,
        });
        let kind = ServerKind::LlamaCppPython;
        let base_url = String::new();
        let facts =
            ServerFacts { kind, base_url, models: listed.to_vec(), lacks: vec![], parallel_calls: Some(1) };
        let facts = super::super::probe::held_against(facts, &service.models);
        assert_eq!(facts.lacks, ["It does not list 'gpt-5', which the settings name: that is not used."]);
        service.probed = Probed::Facts(Box::new(facts));
        assert_eq!(names(&service), ["smol"]);
        assert!(service.answers_for_any_name(), "no other name is asked for");
    }

    #[test]
    fn the_smaller_context_is_believed() {
        let context = |of_server, said: &str| {
            let toml = format!("[providers.own]\nbase_url = \"http://127.0.0.1:8000\"\n{said}\n");
            let settings: Settings = toml::from_str(&toml).unwrap();
            let mut service = named(&settings, &Environment::default()).unwrap().pop().unwrap();
            let traits = divisi_providers::openai_chat::Traits::cautious();
            let id = Name::from_static("m");
            let model = divisi_providers::openai_chat::ModelFacts { id, context_tokens: of_server, traits };
            let (base_url, kind) = (String::new(), ServerKind::Ollama);
            let facts =
                ServerFacts { kind, base_url, models: vec![model], lacks: vec![], parallel_calls: None };
            service.probed = Probed::Facts(Box::new(facts));
            models_of(&service)[0].context_tokens
        };
        let rows = [
            (Some(4096), "", Some(4096)),
            (Some(4096), "context_tokens = 2048", Some(2048)),
            (Some(4096), "context_tokens = 8192", Some(4096)),
            (None, "context_tokens = 8192", Some(8192)),
            (None, "", None),
        ];
        for (of_server, said, expected) in rows {
            assert_eq!(context(of_server, said), expected, "{of_server:?} {said}");
        }
    }

    /// What a proxy leads to costs what its vendor takes, or what the settings say; never nothing.
    #[test]
    fn a_proxy_on_this_machine_is_not_free() {
        let price = |kind, model: &'static str, toml: &str| {
            let base_url = Some("http://127.0.0.1:4000/v1".to_owned());
            let openai = Vendor { key: Found::No, base_url };
            let settings: Settings = toml::from_str(toml).unwrap();
            let services = named(&settings, &Environment { openai, ..Environment::default() }).unwrap();
            let mut service = services.into_iter().next().unwrap();
            let (models, lacks) = (Vec::new(), Vec::new());
            let (base_url, parallel_calls) = (String::new(), None);
            let facts = ServerFacts { kind, base_url, models, lacks, parallel_calls };
            service.probed = Probed::Facts(Box::new(facts));
            let prices = PriceTable::new(price_file(), settings.prices.clone(), settings.price_ceiling);
            super::price(&service, &Name::from_static(model), &prices)
        };
        let listed = catalogue().find("anthropic", "claude-haiku-4-5").map(|line| line.price);
        assert!(listed.is_some());
        assert_eq!(price(ServerKind::Ollama, "smollm2", ""), Some(Price::default()));
        assert_eq!(price(ServerKind::LiteLlm, "anthropic/claude-haiku-4-5", ""), listed);
        assert_eq!(price(ServerKind::LiteLlm, "smollm2", ""), None, "refused under a cap");
        assert_eq!(price(ServerKind::Unknown, "smollm2", ""), None);
        let own = "[[prices]]\nprovider = \"openai\"\ninput_per_million = 7\noutput_per_million = 9\ncached_per_million = 1\n";
        let said = price(ServerKind::LiteLlm, "smollm2", own);
        assert_eq!(said.map(|price| price.output_per_million), Some(9));
    }
}
