//! How a service that speaks `generateContent` is reached, and what its models can do.

use divisi_domain::name::Name;
use secrecy::SecretString;

use crate::coming::Coming;
use crate::http::{Deadlines, Header};

/// Where the vendor answers.
pub const BASE_URL: &str = "https://generativelanguage.googleapis.com";

/// How an answer is made to fit its schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Structured {
    /// By the vendor's response schema, beside tools too.
    Schema,
    /// By the vendor's response schema, and by words where tools are offered: models before 3 refuse both at once.
    SchemaWithoutTools,
    /// By words, and by the response schema where no tools are offered: proxies take the schema and leave it out.
    SchemaAndWords,
    /// By words behind the instructions.
    Asked,
}

/// Configuration of one service.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The name by which routes refer to it.
    pub name: Name,
    /// The address, with or without its version.
    pub base_url: String,
    /// The key; none for servers that want none.
    pub key: Option<SecretString>,
    /// More headers, names in lower case.
    pub headers: Vec<Header>,
    /// How long to wait for what.
    pub deadlines: Deadlines,
    /// How answers are made to fit their schema; `None`: as the model's name lets expect.
    pub structured: Option<Structured>,
}

impl Settings {
    /// The address of the one endpoint that is called.
    pub(super) fn url(&self, model: &str, coming: Coming) -> String {
        let base = self.base_url.trim_end_matches('/');
        let version = if base.ends_with("/v1beta") || base.ends_with("/v1") { "" } else { "/v1beta" };
        let folder =
            if model.starts_with("models/") || model.starts_with("tunedModels/") { "" } else { "models/" };
        let verb = match coming {
            Coming::Streamed => "streamGenerateContent?alt=sse",
            Coming::Whole => "generateContent",
        };
        format!("{base}{version}/{folder}{model}:{verb}")
    }

    pub(super) fn structured(&self, model: &str) -> Structured {
        self.structured.unwrap_or_else(|| match model.split_once("gemini-") {
            None => Structured::SchemaAndWords,
            Some(_) if signs(model) => Structured::Schema,
            Some(_) => Structured::SchemaWithoutTools,
        })
    }
}

/// Whether a model signs its calls and refuses unsigned ones: from Gemini 3 on.
pub(super) fn signs(model: &str) -> bool {
    let Some((_, rest)) = model.split_once("gemini-") else { return false };
    let digits = rest.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
    digits.parse::<u32>().is_ok_and(|generation| generation >= 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_model_takes_is_known_by_its_name() {
        let rows = [
            ("gemini-1.5-pro", false),
            ("gemini-2.5-flash-lite", false),
            ("gemini-3-pro-preview", true),
            ("models/gemini-3.5-flash", true),
            ("gemini-10", true),
            ("gemini-flash-latest", false),
            ("gemma-3-27b", false),
        ];
        for (model, expected) in rows {
            assert_eq!(signs(model), expected, "{model}");
        }
    }

    #[test]
    fn the_address_holds_version_and_model_and_no_key() {
        let rows = [
            ("http://h:1", "m", "http://h:1/v1beta/models/m:streamGenerateContent?alt=sse"),
            ("http://h:1/v1beta/", "models/m", "http://h:1/v1beta/models/m:streamGenerateContent?alt=sse"),
            ("http://h:1/v1", "tunedModels/m", "http://h:1/v1/tunedModels/m:streamGenerateContent?alt=sse"),
        ];
        for (base_url, model, url) in rows {
            assert_eq!(super::super::tests::settings(base_url).url(model, Coming::Streamed), url);
        }
        let whole = super::super::tests::settings("http://h:1").url("m", Coming::Whole);
        assert_eq!(whole, "http://h:1/v1beta/models/m:generateContent");
    }
}
