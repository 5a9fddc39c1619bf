//! The model services of this process: who there is, what their models cost and take, and which of them tasks get.

mod again;
mod build;
mod cassette;
mod environment;
mod keyless;
mod known;
mod probe;
mod routing;
mod sealed;
mod service;

use std::collections::BTreeMap;
use std::sync::Arc;

use divisi_domain::name::Name;
use divisi_engine::core::TermsTable;
use divisi_engine::crew::Routing;
use divisi_llm::Provider;
use divisi_providers::cassette::Tape;
use divisi_providers::http::{Net, NetSettings, Transport};
use divisi_server::Offers;

pub(crate) use again::Patience;
pub(crate) use cassette::redaction;
pub(crate) use environment::{Environment, variable};
pub(crate) use known::models_of;
pub(crate) use sealed::Sealed;
pub(crate) use service::{Key, Probed, Service};

use super::folder::Places;
use super::keys::key_store;
use super::scripted::scripted;
use super::session::SessionError;
use crate::config::Settings;

/// How far models are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    /// Only at what is configured: nothing is asked over the network.
    Configured,
    /// Servers are asked what they have.
    Ask,
    /// They are also tried, with small calls.
    Try,
}

/// What tasks can be worked on with.
#[derive(Clone)]
pub(crate) struct Models {
    /// By name.
    pub(crate) providers: BTreeMap<Name, Arc<dyn Provider>>,
    /// What models cost and take.
    pub(crate) terms: TermsTable,
    /// Which of them tasks get.
    pub(crate) routing: Routing,
    /// The services behind the providers.
    pub(crate) services: Vec<Service>,
    /// Where exchanges are kept, if they are.
    pub(crate) tape: Option<Arc<Tape>>,
}

impl Models {
    /// Looks for models as far as `look` says.
    pub(crate) async fn find(places: &Places, settings: &Settings, look: Look) -> Result<Self, SessionError> {
        let environment = environment(places, settings);
        let mut services = service::named(settings, &environment)?;
        if look != Look::Configured && settings.detect_local_servers {
            let found = probe::listening(&services).await;
            services.extend(found);
        }
        // Nobody is reached without a service that could answer: the network is not even set up then.
        let wanted = services.iter().any(Service::is_ready);
        let transport = if wanted { Some(network(&environment)?) } else { None };
        if let (Some(transport), true) = (&transport, look != Look::Configured) {
            probe::ask(&mut services, transport.as_ref(), look == Look::Try).await;
        }
        Self::of(settings, services, transport.as_ref())
    }

    /// What is configured, without a word to anybody.
    pub(crate) fn configured(places: &Places, settings: &Settings) -> Result<Self, SessionError> {
        Self::of(settings, services(places, settings)?, None)
    }

    /// What the API goes by.
    pub(crate) fn offers(&self) -> Offers {
        Offers { terms: self.terms.clone(), routing: self.routing.clone() }
    }

    /// Why a key that is kept cannot be had, if one cannot: tasks are not worked on without it as if there were none.
    pub(crate) fn shut(&self) -> Option<&str> {
        self.services.iter().find_map(|service| match &service.key {
            Key::Shut(why) => Some(why.as_str()),
            Key::None | Key::Missing(_) | Key::Found(..) => None,
        })
    }

    fn of(
        settings: &Settings,
        services: Vec<Service>,
        transport: Option<&Arc<dyn Transport>>,
    ) -> Result<Self, SessionError> {
        let script = scripted(settings)?;
        let mut terms = super::owner::terms(script.as_ref());
        known::add_terms(&mut terms, &services, settings);
        let mut providers = super::owner::offline(script.as_ref());
        for service in &services {
            providers.insert(service.name.clone(), build::provider(service, transport));
        }
        let routing = routing::routing(settings, &services, &terms)?;
        let models = Self { providers, terms, routing, services, tape: None };
        cassette::apply(models, &settings.cassette)
    }
}

/// The services that somebody named, without a word to anybody.
pub(crate) fn services(places: &Places, settings: &Settings) -> Result<Vec<Service>, SessionError> {
    service::named(settings, &environment(places, settings))
}

fn environment(places: &Places, settings: &Settings) -> Environment {
    Environment::read(Sealed::of(&key_store(places, settings)))
}

fn network(environment: &Environment) -> Result<Arc<dyn Transport>, SessionError> {
    let net = Net::new(NetSettings {
        user_agent: concat!("divisi/", env!("CARGO_PKG_VERSION")).to_owned(),
        proxies: environment.proxies.clone(),
        certificates: Vec::new(),
    });
    Ok(Arc::new(net.map_err(|error| SessionError::Setup(error.to_string()))?))
}
