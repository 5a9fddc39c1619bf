//! A server, a provider of each wire that is pointed at it, and one call.

use std::sync::Arc;
use std::time::Duration;

use divisi_domain::model_step::Purpose;
use divisi_domain::name::Name;
use divisi_llm::inputs::{AnalyseInput, Inputs};
use divisi_llm::{
    CallContext, Message, Provider, ProviderError, Request, Response, Sampling, TokenSink, ToolOffer,
};
use divisi_providers::http::{Deadlines, Net, NetSettings};
use divisi_providers::openai_chat::{ChatSettings, OpenAiChat, Traits};
use divisi_providers::{anthropic, gemini, openai_responses};
use divisi_vendors::{Behaviour, Server, Vendor};
use secrecy::SecretString;
use serde_json::json;

/// Must be found nowhere but in the header that carries it.
pub(crate) const KEY: &str = "sk-never-shown-77";

/// Long enough that no machine is too slow: what is not meant to time out does not.
pub(crate) const PATIENT: Deadlines = deadlines(20_000, 20_000, 30_000);
/// For what never comes.
pub(crate) const HASTY: Deadlines = deadlines(150, 20_000, 30_000);
/// For what stops coming.
pub(crate) const RESTLESS: Deadlines = deadlines(20_000, 150, 30_000);

const fn deadlines(first_token: u64, idle: u64, total: u64) -> Deadlines {
    Deadlines {
        connect: Duration::from_secs(5),
        first_token: Duration::from_millis(first_token),
        idle: Duration::from_millis(idle),
        quiet: Duration::from_millis(idle),
        total: Duration::from_millis(total),
    }
}

/// A model of each wire by a name that its vendor would know.
pub(crate) const fn model(vendor: Vendor) -> &'static str {
    match vendor {
        Vendor::Chat | Vendor::Responses => "gpt-4.1-mini",
        Vendor::Messages => "claude-haiku-4-5",
        Vendor::Gemini => "gemini-2.5-flash",
    }
}

fn network() -> Arc<Net> {
    let settings = NetSettings { user_agent: "divisi-test".to_owned(), ..NetSettings::default() };
    Arc::new(Net::new(settings).unwrap())
}

/// OpenAI's own Chat, whose models are known by their names, at `url`.
pub(crate) fn openai(url: &str) -> Box<dyn Provider> {
    let known = ChatSettings::openai(Name::from_static("openai"), SecretString::from(KEY), PATIENT);
    let settings = ChatSettings { base_url: format!("{url}/v1"), ..known };
    Box::new(OpenAiChat::new(settings, network()))
}

/// A provider of this wire whose service is at `url`.
pub(crate) fn provider(vendor: Vendor, url: &str, deadlines: Deadlines) -> Box<dyn Provider> {
    let transport = network();
    let (name, base_url, headers) = (Name::from_static("under-test"), url.to_owned(), Vec::new());
    let key = Some(SecretString::from(KEY));
    match vendor {
        Vendor::Chat => {
            let mut settings = ChatSettings::server(name, format!("{url}/v1"), Traits::capable(), deadlines);
            settings.key = key;
            Box::new(OpenAiChat::new(settings, transport))
        }
        Vendor::Responses => {
            let (structured, temperature) = (None, None);
            let settings = openai_responses::Settings {
                name,
                base_url,
                key,
                headers,
                deadlines,
                structured,
                temperature,
            };
            Box::new(openai_responses::OpenAiResponses::new(settings, transport))
        }
        Vendor::Messages => {
            let (structured, temperature, prompt_cache) = (None, None, true);
            let settings = anthropic::Settings {
                name,
                base_url,
                key,
                headers,
                deadlines,
                structured,
                temperature,
                prompt_cache,
            };
            Box::new(anthropic::Anthropic::new(settings, transport))
        }
        Vendor::Gemini => {
            let settings = gemini::Settings { name, base_url, key, headers, deadlines, structured: None };
            Box::new(gemini::Gemini::new(settings, transport))
        }
    }
}

/// A question with a schema.
pub(crate) fn question(vendor: Vendor) -> Request {
    Request {
        purpose: Purpose::Work,
        model: Name::from_static(model(vendor)),
        system: "You answer in JSON.".into(),
        messages: vec![Message::User { text: "What is it?".to_owned() }],
        tools: Vec::new(),
        schema: json!({"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]})
            .into(),
        sampling: Sampling { temperature_hundredths: 30, output_tokens_max: 200 },
        inputs: Inputs::Analyse(AnalyseInput::default()).into(),
    }
}

/// The question with a tool on offer.
pub(crate) fn with_tool(vendor: Vendor) -> Request {
    let schema = json!({"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"],
                        "additionalProperties": false});
    let name = Name::from_static("get_weather");
    let tools = vec![ToolOffer { name, description: "The weather.".to_owned(), schema: schema.into() }];
    Request { tools, ..question(vendor) }
}

/// What became of a call.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) result: Result<Response, ProviderError>,
    /// What was pushed while it ran.
    pub(crate) heard: String,
}

impl Outcome {
    pub(crate) fn error(&self) -> &ProviderError {
        match &self.result {
            Err(error) => error,
            Ok(response) => panic!("answered: {response:?}"),
        }
    }

    pub(crate) fn response(&self) -> &Response {
        self.result.as_ref().unwrap_or_else(|error| panic!("{:?}: {error}", error.class))
    }
}

#[derive(Debug, Default)]
pub(crate) struct Heard(pub(crate) String);

impl TokenSink for Heard {
    fn push(&mut self, text: &str) {
        self.0.push_str(text);
    }
}

/// A server that behaves so.
pub(crate) async fn serving(behaviour: Behaviour) -> Server {
    Server::start(behaviour).await.unwrap()
}

/// One call of `request`.
pub(crate) async fn call(
    server: &Server,
    vendor: Vendor,
    request: &Request,
    deadlines: Deadlines,
) -> Outcome {
    let provider = provider(vendor, &server.url(), deadlines);
    call_by(provider.as_ref(), request).await
}

/// One call by a provider that stands already.
pub(crate) async fn call_by(provider: &dyn Provider, request: &Request) -> Outcome {
    let context = CallContext { idempotency_key: "task/p1/analyse".to_owned(), attempt: 1 };
    let mut heard = Heard::default();
    let result = provider.call(request.clone(), &context, &mut heard).await;
    Outcome { result, heard: heard.0 }
}

/// Asks the plain question of a server that behaves so.
pub(crate) async fn asked(vendor: Vendor, behaviour: Behaviour, deadlines: Deadlines) -> Outcome {
    let server = serving(behaviour).await;
    call(&server, vendor, &question(vendor), deadlines).await
}
