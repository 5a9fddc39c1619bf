//! A model service as it is configured: by the environment, by the settings, or found on this machine.

use std::collections::BTreeSet;
use std::time::Duration;

use divisi_domain::name::Name;
use divisi_providers::http::{
    Deadlines, Header, HeaderText, has_credentials, is_loopback, is_private, own_header,
};
use divisi_providers::openai_chat::{ServerFacts, ServerKind, base_url};
use secrecy::SecretString;

use super::environment::{Environment, Vendor};
use super::sealed::Found;
use crate::compose::session::SessionError;
use crate::config::{ProviderSettings, Settings, Wire};

/// Where a key comes from.
#[derive(Debug, Clone, Default)]
pub(crate) enum Key {
    /// The service wants none, as far as is known.
    #[default]
    None,
    /// It wants one and there is none: what to do about it.
    Missing(String),
    /// It is there, and came from here.
    Found(SecretString, String),
    /// It is kept, or may be, in a key store that does not open: why, and what to do.
    Shut(String),
}

impl Key {
    pub(super) fn secret(&self) -> Option<SecretString> {
        match self {
            Self::Found(secret, _) => Some(secret.clone()),
            Self::None | Self::Missing(_) | Self::Shut(_) => None,
        }
    }
}

/// What was found out about a server of the Chat wire.
#[derive(Debug, Clone)]
pub(crate) enum Probed {
    /// It was not asked: a vendor's own service, or a server that somebody described.
    No,
    /// What it is and can.
    Facts(Box<ServerFacts>),
    /// It does not answer as it should; the sentence says how.
    Failed(String),
}

/// A model service.
#[derive(Debug, Clone)]
pub(crate) struct Service {
    pub(crate) name: Name,
    pub(crate) wire: Wire,
    /// The address; `None` for the vendor's own.
    pub(crate) base_url: Option<String>,
    pub(crate) key: Key,
    /// What its key is called where it is looked for.
    pub(crate) key_names: Vec<String>,
    /// Headers that somebody configured.
    pub(super) headers: Vec<Header>,
    /// Its models as configured, the usual one first.
    pub(crate) models: Vec<Name>,
    pub(super) settings: Option<ProviderSettings>,
    /// Whether somebody said that it is there, in the settings or by its address in the environment.
    pub(crate) is_named: bool,
    pub(crate) probed: Probed,
    /// Calls that it answers at once, where it was asked for nothing but that and says so.
    pub(super) slots: Option<u16>,
}

impl Service {
    /// Whether it is on this machine.
    pub(crate) fn is_local(&self) -> bool {
        self.base_url.as_deref().is_some_and(is_loopback)
    }

    /// Whether it is on a machine of the user's own network, which may be slow.
    pub(super) fn is_own(&self) -> bool {
        self.base_url.as_deref().is_some_and(is_private)
    }

    /// Whether what it is sent stays on this machine.
    pub(crate) fn keeps_here(&self) -> bool {
        self.is_local() && !self.may_be_proxy()
    }

    /// Whether it has the models of the vendor whose name it has: only the wire that all speak may lead anywhere.
    pub(super) fn is_vendors(&self) -> bool {
        self.base_url.is_none() || self.wire != Wire::Chat
    }

    /// Whether calls cost nothing: what computes here, unless somebody says otherwise. A proxy, or what nobody knows, may
    /// lead to a service that is paid.
    pub(super) fn is_free(&self) -> bool {
        let said = self.settings.as_ref().and_then(|settings| settings.free);
        said.unwrap_or_else(|| self.is_local() && !self.may_be_proxy())
    }

    /// Whether calls may go on to another service.
    pub(super) fn may_be_proxy(&self) -> bool {
        let Probed::Facts(facts) = &self.probed else { return self.wire != Wire::Chat };
        match facts.kind {
            ServerKind::OpenAi | ServerKind::LiteLlm | ServerKind::OpenRouter | ServerKind::Unknown => true,
            ServerKind::Ollama
            | ServerKind::LlamaCpp
            | ServerKind::LlamaCppPython
            | ServerKind::LmStudio
            | ServerKind::Vllm => false,
        }
    }

    /// Whether it has one model, which answers whatever name it is asked for by.
    pub(super) fn answers_for_any_name(&self) -> bool {
        matches!(&self.probed, Probed::Facts(facts) if facts.kind.answers_for_any_name())
    }

    /// What nobody may be shown of it.
    pub(super) fn secrets(&self) -> Vec<SecretString> {
        let of_headers = self.headers.iter().flat_map(|(_, value)| value.secrets());
        self.key.secret().into_iter().chain(of_headers).collect()
    }

    /// Whether its key, or what a header of it holds, is looked for under this name.
    pub(crate) fn reads(&self, name: &str) -> bool {
        self.key_names.iter().any(|known| known == name)
    }

    /// Whether tasks may be sent to it.
    pub(crate) fn is_ready(&self) -> bool {
        self.no_key().is_none() && !matches!(self.probed, Probed::Failed(_))
    }

    /// That it has no key and wants one, and what to do.
    pub(super) fn no_key(&self) -> Option<String> {
        match &self.key {
            Key::Missing(fix) => Some(format!("There is no key for '{}'. {fix}", self.name)),
            Key::Shut(why) => Some(format!("The key for '{}' cannot be had: {why}.", self.name)),
            Key::None | Key::Found(..) => None,
        }
    }

    /// Why it can answer nobody, and what to do.
    pub(crate) fn lack(&self) -> Option<String> {
        let away = || match &self.probed {
            Probed::Failed(sentence) => Some(format!("'{}' does not answer: {sentence}", self.name)),
            Probed::No | Probed::Facts(_) => None,
        };
        self.no_key().or_else(away)
    }

    /// Whether prompts are marked for its own cache: where the table says what writing to that costs, or somebody does.
    pub(super) fn keeps_prompts(&self) -> bool {
        let said = self.settings.as_ref().and_then(|settings| settings.prompt_cache);
        said.unwrap_or(self.base_url.is_none())
    }

    /// Whether it has to be asked what it can.
    pub(super) fn wants_probe(&self) -> bool {
        self.wire == Wire::Chat && self.base_url.is_some()
    }

    /// A machine of one's own answers one call after the other, and reads long prompts slowly.
    pub(super) fn deadlines(&self) -> Deadlines {
        let usual = if self.is_own() { Deadlines::LOCAL } else { Deadlines::REMOTE };
        let said = self.settings.as_ref().map(|settings| settings.deadlines).unwrap_or_default();
        let or = |seconds: Option<u64>, usual| seconds.map_or(usual, Duration::from_secs);
        Deadlines {
            connect: or(said.connect_seconds, usual.connect),
            first_token: or(said.first_token_seconds, usual.first_token),
            idle: or(said.idle_seconds, usual.idle),
            quiet: or(said.quiet_seconds, usual.quiet),
            total: or(said.total_seconds, usual.total),
        }
    }
}

/// The services that somebody named: the vendors' own, Ollama where the environment says where, and those of the settings,
/// which win over both.
pub(super) fn named(settings: &Settings, environment: &Environment) -> Result<Vec<Service>, SessionError> {
    let mut services = vec![
        openai(&environment.openai),
        vendor("anthropic", Wire::Messages, &environment.anthropic, &["ANTHROPIC_API_KEY"]),
        vendor("gemini", Wire::Gemini, &environment.gemini, &["GEMINI_API_KEY", "GOOGLE_API_KEY"]),
    ];
    services.extend(environment.ollama_host.as_deref().map(ollama));
    for (name, settings) in &settings.providers {
        let service = configured(name, settings, environment)?;
        services.retain(|known| known.name != service.name);
        services.push(service);
    }
    for service in &services {
        // An address is shown, written and logged.
        if service.base_url.as_deref().is_some_and(has_credentials) {
            return Err(SessionError::Setup(format!(
                "The address of the provider '{}' holds a user or a password, which would be shown wherever the address \
                 is. Take them out of it, and give the key with `key_env` or `key_file`.",
                service.name
            )));
        }
    }
    Ok(services)
}

fn vendor(name: &'static str, wire: Wire, vendor: &Vendor, key_names: &[&str]) -> Service {
    let variable = key_names.first().copied().unwrap_or_default();
    let key = match &vendor.key {
        Found::Yes(secret, from) => Key::Found(secret.clone(), from.clone()),
        Found::Shut(why) => Key::Shut(why.clone()),
        // A server behind another address may want none.
        Found::No if vendor.base_url.is_some() => Key::None,
        Found::No => Key::Missing(format!(
            "Set {variable}, keep it with `divisi keys set {variable}`, or name it in `[providers.{name}]` of the \
             configuration file."
        )),
    };
    Service {
        name: Name::from_static(name),
        wire,
        base_url: vendor.base_url.clone(),
        key,
        key_names: key_names.iter().map(|name| (*name).to_owned()).collect(),
        headers: Vec::new(),
        models: Vec::new(),
        settings: None,
        is_named: vendor.base_url.is_some(),
        probed: Probed::No,
        slots: None,
    }
}

/// Behind another address than `OpenAI`'s own there is some server of the wire that all speak.
fn openai(from: &Vendor) -> Service {
    let wire = if from.base_url.is_some() { Wire::Chat } else { Wire::Responses };
    let service = vendor("openai", wire, from, &["OPENAI_API_KEY"]);
    Service { base_url: service.base_url.as_deref().map(base_url), ..service }
}

fn ollama(host: &str) -> Service {
    let from = Vendor { key: Found::No, base_url: Some(ollama_url(host)) };
    vendor("ollama", Wire::Chat, &from, &[])
}

/// `OLLAMA_HOST` is also what Ollama listens on: `0.0.0.0`, `[::]` and no host at all are reached on this machine. As with Ollama
/// itself only an address without a scheme has Ollama's own port where it names none.
fn ollama_url(host: &str) -> String {
    let text = host.trim().trim_matches(['"', '\'']);
    let (scheme, rest) = text.split_once("://").unwrap_or(("", text));
    let (place, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let (name, port) = match place.rsplit_once(':') {
        Some((name, port)) if !port.contains(']') => (name, port),
        _ => (place, ""),
    };
    let name = if matches!(name, "" | "0.0.0.0" | "[::]") { "127.0.0.1" } else { name };
    let usual = if scheme.is_empty() { "11434" } else { "" };
    let port = if port.is_empty() { usual } else { port };
    let colon = if port.is_empty() { "" } else { ":" };
    let scheme = if scheme.is_empty() { "http" } else { scheme };
    base_url(&format!("{scheme}://{name}{colon}{port}{path}"))
}

fn configured(
    name: &str,
    settings: &ProviderSettings,
    environment: &Environment,
) -> Result<Service, SessionError> {
    let wrong = |why: String| SessionError::Setup(format!("The provider '{name}' cannot be used: {why}"));
    let parsed = name.parse::<Name>().ok().filter(|name| !name.as_str().contains('/'));
    let parsed =
        parsed.ok_or_else(|| wrong("a name has letters, digits, '-', '_' and '.' only.".to_owned()))?;
    let models = settings
        .models
        .iter()
        .map(|model| model.parse().map_err(|_| wrong(format!("'{model}' is no name of a model."))));
    let url = match settings.wire {
        Wire::Chat => base_url(&settings.base_url),
        Wire::Responses | Wire::Messages | Wire::Gemini => settings.base_url.clone(),
    };
    let (headers, lack) = headers(settings, environment).map_err(|why| wrong(format!("{why}.")))?;
    let key = key(settings, environment).map_err(wrong)?;
    let named = if settings.key_file.is_some() { None } else { settings.key_env.clone() };
    Ok(Service {
        name: parsed,
        wire: settings.wire,
        base_url: Some(url),
        key: lack.unwrap_or(key),
        key_names: named.into_iter().chain(settings.headers_env.values().cloned()).collect(),
        headers,
        models: models.collect::<Result<_, _>>()?,
        settings: Some(settings.clone()),
        is_named: true,
        probed: Probed::No,
        slots: None,
    })
}

fn key(settings: &ProviderSettings, environment: &Environment) -> Result<Key, String> {
    if let Some(file) = &settings.key_file {
        let shown = file.display();
        let text = std::fs::read_to_string(file)
            .map_err(|error| format!("its key file '{shown}' cannot be read ({error})."))?;
        return match text.trim() {
            "" => Err(format!("its key file '{shown}' is empty.")),
            key => Ok(Key::Found(SecretString::from(key), shown.to_string())),
        };
    }
    let Some(name) = &settings.key_env else { return Ok(Key::None) };
    Ok(match environment.key(name) {
        Found::Yes(key, from) => Key::Found(key, from),
        Found::Shut(why) => Key::Shut(why),
        Found::No => Key::Missing(format!("Set {name}, or keep it with `divisi keys set {name}`.")),
    })
}

/// The headers of the settings, and what one of them lacks.
fn headers(
    settings: &ProviderSettings,
    environment: &Environment,
) -> Result<(Vec<Header>, Option<Key>), String> {
    let plain = |(name, text): (&String, &String)| own_header(name, HeaderText::Plain(text.clone()));
    let mut all: Vec<Header> = settings.headers.iter().map(plain).collect::<Result<_, _>>()?;
    let mut lack = None;
    for (name, variable) in &settings.headers_env {
        let (secret, lacks) = match environment.key(variable) {
            Found::Yes(secret, _) => (secret, None),
            Found::Shut(why) => (SecretString::default(), Some(Key::Shut(why))),
            Found::No => (
                SecretString::default(),
                Some(Key::Missing(format!(
                    "Set {variable}, which the header '{name}' holds, or keep it with `divisi keys set {variable}`."
                ))),
            ),
        };
        lack = lack.or(lacks);
        all.push(own_header(name, HeaderText::Secret(secret))?);
    }
    let has_key = settings.key_env.is_some() || settings.key_file.is_some();
    let mut seen: BTreeSet<&str> = has_key.then(|| key_header(settings.wire)).into_iter().collect();
    match all.iter().find(|(name, _)| !seen.insert(name.as_ref())) {
        Some((name, _)) => Err(format!("the header '{name}' would be sent twice")),
        None => Ok((all, lack)),
    }
}

/// The header in which the key goes.
const fn key_header(wire: Wire) -> &'static str {
    match wire {
        Wire::Chat | Wire::Responses => "authorization",
        Wire::Messages => "x-api-key",
        Wire::Gemini => "x-goog-api-key",
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::super::sealed::Sealed;
    use super::*;

    fn named_by(environment: &Environment, toml: &str) -> Vec<Service> {
        let settings: Settings = toml::from_str(toml).unwrap();
        named(&settings, environment).unwrap()
    }

    fn row(service: &Service) -> (String, Wire, Option<String>, bool) {
        (service.name.to_string(), service.wire, service.base_url.clone(), service.is_ready())
    }

    #[test]
    fn vendors_are_there_with_what_they_lack() {
        let services = named_by(&Environment::default(), "");
        let ready: Vec<bool> = services.iter().map(Service::is_ready).collect();
        assert_eq!(ready, [false, false, false]);
        assert!(matches!(&services[0].key, Key::Missing(fix) if fix.contains("OPENAI_API_KEY")));
    }

    #[test]
    fn another_address_of_openai_is_a_server_of_the_wire_that_all_speak() {
        let openai = Vendor { key: Found::No, base_url: Some("http://localhost:8000".to_owned()) };
        let environment =
            Environment { openai, ollama_host: Some("0.0.0.0".to_owned()), ..Environment::default() };
        let services = named_by(&environment, "");
        let url = |url: &str| Some(url.to_owned());
        assert_eq!(
            row(&services[0]),
            ("openai".to_owned(), Wire::Chat, url("http://localhost:8000/v1"), true)
        );
        assert!(services[0].is_local() && services[0].is_free() && services[0].wants_probe());
        assert_eq!(
            row(&services[3]),
            ("ollama".to_owned(), Wire::Chat, url("http://127.0.0.1:11434/v1"), true)
        );
    }

    #[test]
    fn ollama_is_where_its_own_variable_says() {
        let rows = [
            ("127.0.0.1:11434", "http://127.0.0.1:11434/v1"),
            ("127.0.0.1", "http://127.0.0.1:11434/v1"),
            ("0.0.0.0:11500", "http://127.0.0.1:11500/v1"),
            (":11500", "http://127.0.0.1:11500/v1"),
            ("[::]:11500", "http://127.0.0.1:11500/v1"),
            ("[::1]", "http://[::1]:11434/v1"),
            ("[::1]:11500", "http://[::1]:11500/v1"),
            ("box.local", "http://box.local:11434/v1"),
            ("http://box.local:11500/", "http://box.local:11500/v1"),
            ("http://box.local", "http://box.local/v1"),
            ("https://models.example", "https://models.example/v1"),
            ("\"127.0.0.1:11500\"", "http://127.0.0.1:11500/v1"),
        ];
        for (host, url) in rows {
            assert_eq!(ollama_url(host), url, "{host}");
        }
    }

    #[test]
    fn settings_win_and_say_where_the_key_is() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("key");
        std::fs::write(&file, "k-1\n").unwrap();
        let toml = format!(
            "[providers.openai]\nwire = \"messages\"\nbase_url = \"https://gateway.example/x\"\nkey_file = {file:?}\nmodels = [\"a\", \"b/c\"]\n"
        );
        let services = named_by(&Environment::default(), &toml);
        let own = services.last().unwrap();
        assert_eq!((services.len(), own.name.as_str(), own.wire), (3, "openai", Wire::Messages));
        assert!(matches!(&own.key, Key::Found(_, from) if from.ends_with("key")) && !own.is_free());
        assert_eq!(own.models.iter().map(Name::as_str).collect::<Vec<_>>(), ["a", "b/c"]);
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        let rows = [
            ("[providers.\"a/b\"]\nbase_url = \"http://h\"", "'a/b'"),
            ("[providers.x]\nbase_url = \"http://h\"\nmodels = [\"two words\"]", "'two words'"),
            ("[providers.x]\nbase_url = \"http://h\"\nkey_file = \"/nowhere/key\"", "/nowhere/key"),
        ];
        for (toml, told) in rows {
            let settings: Settings = toml::from_str(toml).unwrap();
            let error = named(&settings, &Environment::default()).unwrap_err().to_string();
            assert!(error.contains(told) && !error.ends_with(".."), "{error}");
        }
    }

    #[test]
    fn headers_are_sent_and_what_they_lack_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let place = divisi_keys::MasterPlace::File(folder.path().join("master"));
        let store = divisi_keys::KeyStore::at(folder.path().join("keys.sealed"), place);
        let (at, kept) = (divisi_domain::time::Timestamp::from_millis(0), SecretString::from("t-12345678"));
        store.set(&"TEAM_KEY".parse().unwrap(), &kept, at, &|| Ok([1; 32])).unwrap();
        let environment = Environment::of(&|_| None, Sealed::of(&store));
        let own = |more: &str| {
            let toml = format!("[providers.x]\nbase_url = \"http://h\"\n{more}");
            let settings: Settings = toml::from_str(&toml).unwrap();
            named(&settings, &environment).map(|mut services| services.pop().unwrap())
        };
        let mut service =
            own("headers = { X-Team = \"blue\" }\nheaders_env = { x-key = \"TEAM_KEY\" }").unwrap();
        let names: Vec<&str> = service.headers.iter().map(|(name, _)| name.as_ref()).collect();
        assert_eq!(names, ["x-team", "x-key"]);
        assert!(service.is_ready() && service.reads("TEAM_KEY"));
        let bearer = HeaderText::Secret(SecretString::from("Bearer b-12345678"));
        service.headers.push(own_header("Authorization", bearer).unwrap());
        let secrets = service.secrets();
        let secrets: Vec<&str> = secrets.iter().map(ExposeSecret::expose_secret).collect();
        assert_eq!(secrets, ["t-12345678", "Bearer b-12345678", "b-12345678"]);
        assert!(!format!("{service:?}").contains("-12345678"));
        let lacks = own("headers_env = { x-key = \"NOT_THERE\" }").unwrap().lack().unwrap();
        assert!(lacks.contains("Set NOT_THERE") && lacks.contains("'x-key'"), "{lacks}");
        for (more, told) in [
            ("headers = { authorization = \"Bearer hunter2\" }", "`headers_env`"),
            ("headers = { x-a = \"1\", X-A = \"2\" }", "'x-a' would be sent twice"),
            ("key_env = \"TEAM_KEY\"\nheaders_env = { Authorization = \"TEAM_KEY\" }", "sent twice"),
        ] {
            let error = own(more).unwrap_err().to_string();
            assert!(error.contains(told) && !error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn an_address_with_a_password_is_refused_and_not_shown() {
        let toml = "[providers.x]\nbase_url = \"https://me:hunter2@h/v1\"";
        let settings: Settings = toml::from_str(toml).unwrap();
        let error = named(&settings, &Environment::default()).unwrap_err().to_string();
        assert!(error.contains("'x'") && error.contains("key_env") && !error.contains("hunter2"), "{error}");
        let openai = Vendor { key: Found::No, base_url: Some("http://me:hunter2@127.0.0.1:4000".to_owned()) };
        let error =
            named(&Settings::default(), &Environment { openai, ..Environment::default() }).unwrap_err();
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }

    #[test]
    fn machines_of_ones_own_are_given_time_and_settings_win() {
        let own = |url: &str, more: &str| {
            let services =
                named_by(&Environment::default(), &format!("[providers.x]\nbase_url = \"{url}\"\n{more}"));
            services.last().unwrap().deadlines()
        };
        for (url, usual) in [
            ("http://192.168.1.9:8000/v1", Deadlines::LOCAL),
            ("http://host.docker.internal:11434", Deadlines::LOCAL),
            ("http://0.0.0.0:8000", Deadlines::LOCAL),
            ("https://models.example/v1", Deadlines::REMOTE),
        ] {
            assert_eq!(own(url, ""), usual, "{url}");
        }
        let said = "deadlines = { first_token_seconds = 900, quiet_seconds = 600 }";
        let deadlines = own("https://models.example/v1", said);
        let (first_token, quiet) = (Duration::from_mins(15), Duration::from_mins(10));
        assert_eq!(deadlines, Deadlines { first_token, quiet, ..Deadlines::REMOTE });
    }

    #[test]
    fn only_what_computes_here_is_free() {
        let rows = [
            (ServerKind::Ollama, true),
            (ServerKind::LlamaCpp, true),
            (ServerKind::LlamaCppPython, true),
            (ServerKind::LmStudio, true),
            (ServerKind::Vllm, true),
            (ServerKind::LiteLlm, false),
            (ServerKind::OpenRouter, false),
            (ServerKind::Unknown, false),
            (ServerKind::OpenAi, false),
        ];
        for (kind, free) in rows {
            for (said, expected) in [("", free), ("free = true", true), ("free = false", false)] {
                let toml = format!("[providers.x]\nbase_url = \"http://127.0.0.1:4000/v1\"\n{said}");
                let mut service = named_by(&Environment::default(), &toml).pop().unwrap();
                let (models, lacks) = (Vec::new(), Vec::new());
                let (base_url, parallel_calls) = (String::new(), None);
                let facts = ServerFacts { kind, base_url, models, lacks, parallel_calls };
                service.probed = Probed::Facts(Box::new(facts));
                assert_eq!(service.is_free(), expected, "{kind:?} {said}");
            }
        }
    }
}
