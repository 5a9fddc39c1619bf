//! From a service to the provider that speaks its wire.

use std::sync::Arc;

use divisi_domain::model_step::FailureClass;
use divisi_llm::Provider;
use divisi_providers::http::Transport;
use divisi_providers::openai_chat::{ChatSettings, OpenAiChat, Traits};
use divisi_providers::{anthropic, gemini, openai_responses};

use super::keyless::Keyless;
use super::service::{Probed, Service};
use crate::config::Wire;

/// The provider of a service; one that lacks something says what.
pub(super) fn provider(service: &Service, transport: Option<&Arc<dyn Transport>>) -> Arc<dyn Provider> {
    let name = service.name.clone();
    let keyless = |class, sentence: String| -> Arc<dyn Provider> {
        Arc::new(Keyless { name: name.clone(), class, sentence })
    };
    if let Some(lack) = service.no_key() {
        return keyless(FailureClass::Unauthorized, lack);
    }
    let Some(transport) = transport.cloned() else {
        return keyless(FailureClass::Connection, format!("'{}' is not reached from here.", service.name));
    };
    match service.wire {
        Wire::Chat => Arc::new(OpenAiChat::new(chat(service), transport)),
        Wire::Responses => {
            let base_url = address(service, openai_responses::BASE_URL);
            Arc::new(openai_responses::OpenAiResponses::new(
                openai_responses::Settings {
                    name: service.name.clone(),
                    base_url,
                    key: service.key.secret(),
                    headers: service.headers.clone(),
                    deadlines: service.deadlines(),
                    structured: None,
                    temperature: None,
                },
                transport,
            ))
        }
        Wire::Messages => Arc::new(anthropic::Anthropic::new(
            anthropic::Settings {
                name: service.name.clone(),
                base_url: address(service, anthropic::BASE_URL),
                key: service.key.secret(),
                headers: service.headers.clone(),
                deadlines: service.deadlines(),
                structured: None,
                temperature: None,
                prompt_cache: service.keeps_prompts(),
            },
            transport,
        )),
        Wire::Gemini => Arc::new(gemini::Gemini::new(
            gemini::Settings {
                name: service.name.clone(),
                base_url: address(service, gemini::BASE_URL),
                key: service.key.secret(),
                headers: service.headers.clone(),
                deadlines: service.deadlines(),
                structured: None,
            },
            transport,
        )),
    }
}

fn address(service: &Service, own: &str) -> String {
    service.base_url.clone().unwrap_or_else(|| own.to_owned())
}

fn chat(service: &Service) -> ChatSettings {
    let deadlines = service.deadlines();
    let Some(base_url) = service.base_url.clone() else {
        let key = service.key.secret().unwrap_or_default();
        let headers = service.headers.clone();
        return ChatSettings { headers, ..ChatSettings::openai(service.name.clone(), key, deadlines) };
    };
    let mut settings = ChatSettings::server(service.name.clone(), base_url, Traits::capable(), deadlines);
    settings.key = service.key.secret();
    settings.headers.clone_from(&service.headers);
    if let Probed::Facts(facts) = &service.probed {
        settings.by_model = facts.models.iter().map(|model| (model.id.clone(), model.traits)).collect();
        // A model that the list does not have is most likely as those that it has.
        if let Some(first) = facts.models.first() {
            settings.traits = first.traits;
        }
    }
    settings
}
