//! How a service that speaks Messages is reached, and what its models can do.

use divisi_domain::name::Name;
use secrecy::SecretString;

use crate::http::{Deadlines, Header};

/// Where the vendor answers.
pub const BASE_URL: &str = "https://api.anthropic.com";

/// How an answer is made to fit its schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Structured {
    /// By the vendor's own output format.
    OutputFormat,
    /// By a tool whose arguments are the answer, and which the model must call.
    ForcedTool,
    /// By words behind the instructions: for servers that ignore the other two.
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
    /// Whether tools and instructions are marked for the vendor's prompt cache. Writing to it costs a quarter more
    /// than input, which the price has to say; reading costs a tenth of it.
    pub prompt_cache: bool,
}

impl Settings {
    /// The address of the one endpoint that is called.
    pub(super) fn url(&self) -> String {
        let base = self.base_url.trim_end_matches('/');
        format!("{}/v1/messages", base.strip_suffix("/v1").unwrap_or(base))
    }

    pub(super) fn structured(&self, model: &str) -> Structured {
        self.structured.unwrap_or_else(|| match family(model) {
            Family::Foreign => Structured::Asked,
            Family::First => Structured::ForcedTool,
            Family::WithFormat | Family::WithoutTemperature => Structured::OutputFormat,
        })
    }

    pub(super) fn temperature(&self, model: &str) -> bool {
        self.temperature.unwrap_or_else(|| family(model) != Family::WithoutTemperature)
    }
}

/// Models by what they take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    /// Not the vendor's own.
    Foreign,
    /// Up to 4.0: no output format.
    First,
    /// From 4.1 to 4.6.
    WithFormat,
    /// From 4.7, and all that come: they refuse a temperature.
    WithoutTemperature,
}

/// Name parts of models up to 4.0.
const FIRST: [&str; 9] =
    ["2", "3", "instant", "opus-4-0", "sonnet-4-0", "opus-4-2025", "sonnet-4-2025", "opus-4@", "sonnet-4@"];
/// Name parts of models from 4.1 to 4.6.
const WITH_FORMAT: [&str; 7] =
    ["opus-4-1", "opus-4-5", "opus-4-6", "sonnet-4-5", "sonnet-4-6", "haiku-4-5", "haiku-4-6"];

fn family(model: &str) -> Family {
    // Gateways write a prefix: `anthropic/claude-…`, `us.anthropic.claude-…`.
    let Some((_, rest)) = model.split_once("claude-") else { return Family::Foreign };
    let begins = |parts: &[&str]| parts.iter().any(|part| rest.starts_with(part));
    if begins(&FIRST) || rest == "opus-4" || rest == "sonnet-4" {
        Family::First
    } else if begins(&WITH_FORMAT) {
        Family::WithFormat
    } else {
        Family::WithoutTemperature
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_model_takes_is_known_by_its_name() {
        let rows = [
            ("claude-3-5-haiku-latest", Family::First),
            ("claude-2.1", Family::First),
            ("claude-sonnet-4-20250514", Family::First),
            ("claude-opus-4-0", Family::First),
            ("claude-opus-4-1-20250805", Family::WithFormat),
            ("claude-haiku-4-5", Family::WithFormat),
            ("us.anthropic.claude-sonnet-4-6", Family::WithFormat),
            ("claude-opus-4-7", Family::WithoutTemperature),
            ("anthropic/claude-opus-5", Family::WithoutTemperature),
            ("SmolLM2-135M-Instruct", Family::Foreign),
        ];
        for (model, expected) in rows {
            assert_eq!(family(model), expected, "{model}");
        }
    }

    #[test]
    fn the_address_is_found_with_and_without_its_version() {
        let bases = ["http://h:1", "http://h:1/", "http://h:1/v1", "http://h:1/v1/"];
        for base_url in bases {
            let settings = super::super::tests::settings(base_url);
            assert_eq!(settings.url(), "http://h:1/v1/messages");
        }
    }
}
