//! Asking servers what they are, and looking for those on this machine that nobody named.

use std::net::SocketAddr;
use std::time::Duration;

use divisi_domain::name::Name;
use divisi_providers::http::{Deadlines, Transport, host_port};
use divisi_providers::openai_chat::{
    Candidate, ProbeSettings, ServerFacts, loopback_candidates, probe, slots,
};
use futures::future::join_all;

use super::service::{Key, Probed, Service};
use crate::config::Wire;

/// How long a port of this machine may take to answer.
const PORT_WITHIN: Duration = Duration::from_millis(200);
/// How long a server may take to say what it is, when a task waits for that.
const ASKED_WITHIN: Duration = Duration::from_secs(5);

/// The usual addresses of local servers where something listens and that no known service has. Nothing is sent.
pub(super) async fn listening(known: &[Service]) -> Vec<Service> {
    let asked = free(known).into_iter().map(|candidate| async {
        let address: SocketAddr = host_port(&candidate.base_url).parse().ok()?;
        let connected = tokio::time::timeout(PORT_WITHIN, tokio::net::TcpStream::connect(address)).await;
        connected.ok()?.ok().map(|_| candidate)
    });
    join_all(asked).await.into_iter().flatten().map(found).collect()
}

/// The usual addresses that no known service has, of servers of which nobody says that they are elsewhere.
fn free(known: &[Service]) -> Vec<Candidate> {
    let place = |url: &str| host_port(url).replacen("localhost", "127.0.0.1", 1);
    let taken: Vec<String> =
        known.iter().filter_map(|service| service.base_url.as_deref().map(place)).collect();
    let is_free = |candidate: &Candidate| {
        let is_named = known.iter().any(|service| service.name == candidate.name);
        !is_named && !taken.contains(&place(&candidate.base_url))
    };
    loopback_candidates().into_iter().filter(is_free).collect()
}

fn found(candidate: Candidate) -> Service {
    Service {
        name: candidate.name,
        wire: Wire::Chat,
        base_url: Some(candidate.base_url),
        key: Key::None,
        key_names: Vec::new(),
        headers: Vec::new(),
        models: Vec::new(),
        settings: None,
        is_named: false,
        probed: Probed::No,
        slots: None,
    }
}

/// Asks every server that has to be asked, all at once, and those of one's own on other wires how many calls they take.
/// `may_call`: also with small calls of its models.
pub(super) async fn ask(services: &mut [Service], transport: &dyn Transport, may_call: bool) {
    let asked = services.iter_mut().map(|service| async move {
        if service.wants_probe() {
            service.probed = asked(service, transport, may_call).await;
        } else if service.is_own() && service.no_key().is_none() {
            service.slots = slots_of(service, transport).await;
        }
    });
    join_all(asked).await;
}

/// How many calls a server of one's own answers at once that is spoken to on another wire, where it says so in time.
async fn slots_of(service: &Service, transport: &dyn Transport) -> Option<u16> {
    let settings = probe_settings(service, service.base_url.as_deref()?.trim_end_matches('/'), false);
    tokio::time::timeout(ASKED_WITHIN, slots(transport, &settings)).await.ok().flatten()
}

fn probe_settings(service: &Service, base_url: &str, may_call: bool) -> ProbeSettings {
    ProbeSettings {
        name: service.name.clone(),
        base_url: base_url.to_owned(),
        key: service.key.secret(),
        headers: service.headers.clone(),
        named: service.models.clone(),
        deadlines: Deadlines::PROBE,
        may_call,
    }
}

async fn asked(service: &Service, transport: &dyn Transport, may_call: bool) -> Probed {
    let Some(base_url) = service.base_url.as_deref() else { return Probed::No };
    let settings = probe_settings(service, base_url, may_call);
    let asked = probe(transport, &settings);
    let answer = if may_call {
        asked.await
    } else {
        match tokio::time::timeout(ASKED_WITHIN, asked).await {
            Ok(answer) => answer,
            Err(_) => {
                return Probed::Failed(format!(
                    "It did not say what it is within {} s.",
                    ASKED_WITHIN.as_secs()
                ));
            }
        }
    };
    answer.map_or_else(
        |error| Probed::Failed(error.message),
        |facts| Probed::Facts(Box::new(held_against(facts, &service.models))),
    )
}

/// The facts, with what is configured and not there: the server's list is the truth.
pub(super) fn held_against(mut facts: ServerFacts, configured: &[Name]) -> ServerFacts {
    let listed = |name: &&Name| facts.models.iter().any(|model| model.id == **name);
    let missing: Vec<String> = configured
        .iter()
        .filter(|name| !listed(name))
        .map(|name| format!("It does not list '{name}', which the settings name: that is not used."))
        .collect();
    facts.lacks.extend(missing);
    facts
}

#[cfg(test)]
mod tests {
    use super::super::environment::{Environment, Vendor};
    use super::super::sealed::Found;
    use super::super::service::named;
    use super::*;
    use crate::config::Settings;

    #[test]
    fn who_is_said_to_be_elsewhere_is_not_looked_for_at_the_usual_address() {
        let names = |ollama_host: Option<&str>, openai: Option<&str>, toml: &str| -> Vec<String> {
            let settings: Settings = toml::from_str(toml).unwrap();
            let openai = Vendor { key: Found::No, base_url: openai.map(str::to_owned) };
            let ollama_host = ollama_host.map(str::to_owned);
            let environment = Environment { openai, ollama_host, ..Environment::default() };
            let known = named(&settings, &environment).unwrap();
            free(&known).iter().map(|candidate| candidate.name.to_string()).collect()
        };
        let all = ["ollama", "lmstudio", "llamacpp", "vllm", "litellm"];
        assert_eq!(names(None, None, ""), all);
        assert_eq!(names(Some("box.local:11500"), None, ""), all[1..]);
        assert_eq!(names(Some("127.0.0.1"), None, ""), all[1..]);
        assert_eq!(names(None, Some("http://localhost:4000/v1"), ""), all[..4]);
        assert_eq!(names(None, None, "[providers.ollama]\nbase_url = \"http://box.local/v1\""), all[1..]);
    }
}
