//! The variables that people have already: keys, addresses, proxies.

use divisi_providers::http::Proxies;
use secrecy::SecretString;

/// What the environment says of model services.
#[derive(Debug, Clone, Default)]
pub(crate) struct Environment {
    pub(super) openai: Vendor,
    pub(super) anthropic: Vendor,
    pub(super) gemini: Vendor,
    /// Where Ollama listens, where not at its usual port.
    pub(super) ollama_host: Option<String>,
    pub(super) proxies: Proxies,
}

/// A vendor's key and address.
#[derive(Debug, Clone, Default)]
pub(super) struct Vendor {
    /// The key and the variable that holds it.
    pub(super) key: Option<(SecretString, &'static str)>,
    /// Another address than the vendor's own.
    pub(super) base_url: Option<String>,
}

impl Environment {
    /// Reads the variables.
    pub(crate) fn read() -> Self {
        Self::of(&variable)
    }

    fn of(variable: &dyn Fn(&str) -> Option<String>) -> Self {
        let vendor = |keys: &[&'static str], base_url: &str| Vendor {
            key: keys.iter().find_map(|name| Some((SecretString::from(variable(name)?), *name))),
            base_url: variable(base_url),
        };
        let either = |upper: &str, lower: &str| variable(upper).or_else(|| variable(lower));
        Self {
            openai: vendor(&["OPENAI_API_KEY"], "OPENAI_BASE_URL"),
            anthropic: vendor(&["ANTHROPIC_API_KEY"], "ANTHROPIC_BASE_URL"),
            gemini: vendor(&["GEMINI_API_KEY", "GOOGLE_API_KEY"], "GEMINI_BASE_URL"),
            ollama_host: variable("OLLAMA_HOST"),
            proxies: Proxies {
                // Without a prefix a web server could set it for its scripts: only the lower case is believed.
                http: variable("http_proxy").map(SecretString::from),
                https: either("HTTPS_PROXY", "https_proxy").map(SecretString::from),
                all: either("ALL_PROXY", "all_proxy").map(SecretString::from),
                except: either("NO_PROXY", "no_proxy"),
            },
        }
    }
}

/// A variable that is set and not empty.
#[expect(clippy::disallowed_methods, reason = "the composition root reads the environment, once")]
pub(super) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn keys_are_found_where_people_have_them_and_never_shown() {
        type Row<'a> = (&'a [(&'a str, &'a str)], Option<&'a str>, Option<&'a str>);
        let rows: &[Row<'_>] = &[
            (&[], None, None),
            (&[("GOOGLE_API_KEY", "g-1")], None, Some("GOOGLE_API_KEY")),
            (&[("GOOGLE_API_KEY", "g-1"), ("GEMINI_API_KEY", "g-2")], None, Some("GEMINI_API_KEY")),
            (&[("OPENAI_API_KEY", "sk-1")], Some("sk-1"), None),
        ];
        for (set, openai, gemini) in rows {
            let variable = |name: &str| {
                set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
            };
            let environment = Environment::of(&variable);
            let key = environment.openai.key.as_ref().map(|(key, _)| key.expose_secret());
            assert_eq!(key, *openai);
            assert_eq!(environment.gemini.key.as_ref().map(|(_, name)| *name), *gemini);
            let debug = format!("{environment:?}");
            assert!(!debug.contains("sk-1") && !debug.contains("g-2"), "{debug}");
        }
    }
}
