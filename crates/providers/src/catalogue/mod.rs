//! What is known of the vendors' own models: prices, limits, and which is taken where nobody chooses. A versioned table
//! in the repository; settings win over it.

use std::sync::OnceLock;

use divisi_domain::money::Price;
use divisi_domain::name::Name;
use serde::Deserialize;

/// What a model is taken for where nobody chooses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rank {
    /// For the best answer.
    Best,
    /// For the lowest cost.
    Cheap,
}

/// One line of the table.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct KnownModel {
    /// The provider's usual name.
    pub provider: Name,
    /// Its name of the model, without the date of a version.
    pub model: Name,
    /// What it costs.
    #[serde(flatten)]
    pub price: Price,
    /// Input tokens of one call that this price is for and that the model takes.
    pub input_tokens_max: u32,
    /// Output tokens of one call at most.
    pub output_tokens_max: u32,
    /// What it is taken for.
    #[serde(default)]
    pub rank: Option<Rank>,
}

/// The table.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
pub struct Catalogue {
    /// Changes with the table.
    pub version: u32,
    /// The models.
    pub models: Vec<KnownModel>,
}

impl Catalogue {
    /// The line of a model; a name with the date of a version is the model without it.
    pub fn find(&self, provider: &str, model: &str) -> Option<&KnownModel> {
        let line = |name: &str| {
            self.models.iter().find(|line| line.provider.as_str() == provider && line.model.as_str() == name)
        };
        line(model).or_else(|| line(undated(model)))
    }

    /// The line of a model under whichever vendor's name, as a proxy lists it: `gpt-4o`, `openai/gpt-4o`.
    pub fn of_any_vendor(&self, model: &str) -> Option<&KnownModel> {
        let name = model.rsplit('/').next().unwrap_or(model);
        self.models.iter().find(|line| line.model.as_str() == name || line.model.as_str() == undated(name))
    }

    /// The model of a provider that is taken where nobody chooses.
    pub fn ranked(&self, provider: &str, rank: Rank) -> Option<&KnownModel> {
        self.models.iter().find(|line| line.provider.as_str() == provider && line.rank == Some(rank))
    }
}

/// The table of this version. A file that cannot be read is an empty table, which a test would not let pass.
pub fn catalogue() -> &'static Catalogue {
    static TABLE: OnceLock<Catalogue> = OnceLock::new();
    TABLE.get_or_init(|| serde_json::from_str(include_str!("models.json")).unwrap_or_default())
}

/// The name without `-20251101`, `-2025-11-01` or `-latest` at its end.
fn undated(model: &str) -> &str {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if let Some(name) = model.strip_suffix("-latest") {
        return name;
    }
    let Some((name, last)) = model.rsplit_once('-') else { return model };
    if last.len() == 8 && digits(last) {
        return name;
    }
    let date = name.rsplit_once('-').and_then(|(rest, month)| Some((rest.rsplit_once('-')?, month)));
    match date {
        Some(((name, year), month))
            if [(year, 4), (month, 2), (last, 2)]
                .iter()
                .all(|(part, len)| part.len() == *len && digits(part)) =>
        {
            name
        }
        _ => model,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read_and_whole() {
        let table = catalogue();
        assert!(table.version >= 2);
        for (at, line) in table.models.iter().enumerate() {
            let same = |other: &KnownModel| (&other.provider, &other.model) == (&line.provider, &line.model);
            assert!(!table.models[..at].iter().any(same), "{} stands there twice", line.model);
            let Price { input_per_million, output_per_million, cached_per_million, cache_write_per_million } =
                line.price;
            // Five quarters, for five minutes.
            let written = if line.provider.as_str() == "anthropic" { input_per_million * 5 / 4 } else { 0 };
            assert_eq!(cache_write_per_million, written, "{}", line.model);
            assert!(
                cached_per_million <= input_per_million && input_per_million <= output_per_million,
                "{line:?}"
            );
            assert!(
                cached_per_million > 0 && line.input_tokens_max >= 50_000 && line.output_tokens_max >= 8_000
            );
        }
        for provider in ["openai", "anthropic", "gemini"] {
            let best = table.ranked(provider, Rank::Best).unwrap();
            let cheap = table.ranked(provider, Rank::Cheap).unwrap();
            assert!(cheap.price.output_per_million < best.price.output_per_million, "{provider}");
        }
    }

    #[test]
    fn a_proxy_names_models_of_any_vendor() {
        for (model, expected) in [
            ("gpt-4o-mini", Some("openai")),
            ("anthropic/claude-haiku-4-5-20251001", Some("anthropic")),
            ("smollm2", None),
        ] {
            let found = catalogue().of_any_vendor(model).map(|line| line.provider.as_str());
            assert_eq!(found, expected, "{model}");
        }
    }

    #[test]
    fn a_dated_name_is_its_model() {
        let rows = [
            ("openai", "gpt-5-mini", Some("gpt-5-mini")),
            ("openai", "gpt-5-mini-2025-08-07", Some("gpt-5-mini")),
            ("anthropic", "claude-haiku-4-5-20251001", Some("claude-haiku-4-5")),
            ("anthropic", "claude-haiku-4-5-latest", Some("claude-haiku-4-5")),
            ("anthropic", "gpt-5-mini", None),
            ("openai", "gpt-5-mini-turbo", None),
            ("openai", "x", None),
        ];
        for (provider, model, expected) in rows {
            let found = catalogue().find(provider, model).map(|line| line.model.as_str());
            assert_eq!(found, expected, "{model}");
        }
    }
}
