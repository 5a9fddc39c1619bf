//! How a service that speaks Responses is reached, and what its models can do.

use divisi_domain::name::Name;
use secrecy::SecretString;

use crate::http::{Deadlines, Header};

/// Where the vendor answers.
pub const BASE_URL: &str = "https://api.openai.com/v1";

/// How an answer is made to fit its schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Structured {
    /// By the vendor's text format.
    Format,
    /// By the text format, and by words too: for servers that take the format and ignore it.
    FormatAndWords,
    /// By words behind the instructions.
    Asked,
}

/// Configuration of one service.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The name by which routes refer to it.
    pub name: Name,
    /// The address, with or without `/v1`.
    pub base_url: String,
    /// The key; none for servers that want none.
    pub key: Option<SecretString>,
    /// More headers, names in lower case.
    pub headers: Vec<Header>,
    /// How long to wait for what.
    pub deadlines: Deadlines,
    /// How answers are made to fit their schema; `None`: as the model's name lets expect.
    pub structured: Option<Structured>,
    /// Whether the temperature is sent; `None`: as the model's name lets expect.
    pub temperature: Option<bool>,
}

impl Settings {
    /// The address of the one endpoint that is called.
    pub(super) fn url(&self) -> String {
        let base = self.base_url.trim_end_matches('/');
        let rooted = base.split_once("://").is_some_and(|(_, rest)| !rest.contains('/'));
        format!("{base}{}/responses", if rooted { "/v1" } else { "" })
    }

    pub(super) fn structured(&self, model: &str) -> Structured {
        self.structured.unwrap_or(match family(model) {
            Family::Foreign => Structured::FormatAndWords,
            Family::Plain | Family::Reasoning => Structured::Format,
        })
    }

    pub(super) fn temperature(&self, model: &str) -> bool {
        self.temperature.unwrap_or_else(|| family(model) != Family::Reasoning)
    }
}

/// Models by what they take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    /// Not the vendor's own.
    Foreign,
    /// Those that take a temperature.
    Plain,
    /// Those that refuse one.
    Reasoning,
}

fn family(model: &str) -> Family {
    // Gateways write a prefix: `openai/gpt-…`.
    let name = model.rsplit('/').next().unwrap_or(model);
    let plain = ["gpt-3", "gpt-4", "chatgpt-", "ft:gpt-3", "ft:gpt-4"];
    let generation =
        name.strip_prefix('o').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    let open = name.starts_with("gpt-oss");
    if plain.iter().any(|start| name.starts_with(start)) {
        Family::Plain
    } else if !open && (generation || name.starts_with("gpt-") || name.starts_with("codex")) {
        Family::Reasoning
    } else {
        Family::Foreign
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_model_takes_is_known_by_its_name() {
        let rows = [
            ("gpt-4o-mini", Family::Plain),
            ("openai/gpt-4.1", Family::Plain),
            ("o3-mini", Family::Reasoning),
            ("gpt-5", Family::Reasoning),
            ("gpt-6-astra", Family::Reasoning),
            ("gpt-oss:20b", Family::Foreign),
            ("SmolLM2-135M-Instruct", Family::Foreign),
            ("olmo-2", Family::Foreign),
        ];
        for (model, expected) in rows {
            assert_eq!(family(model), expected, "{model}");
        }
    }

    #[test]
    fn the_address_is_found_with_and_without_its_version() {
        let rows = [
            ("http://h:1", "http://h:1/v1/responses"),
            ("http://h:1/", "http://h:1/v1/responses"),
            ("http://h:1/v1/", "http://h:1/v1/responses"),
            ("http://h:1/openai/v2", "http://h:1/openai/v2/responses"),
        ];
        for (base_url, url) in rows {
            assert_eq!(super::super::tests::settings(base_url).url(), url);
        }
    }
}
