//! The variables that people have already: keys, addresses, proxies.

use divisi_providers::http::Proxies;
use secrecy::SecretString;

use super::sealed::{Found, Sealed};

/// What the environment says of model services, and the key store of what the environment does not say.
#[derive(Debug, Default)]
pub(crate) struct Environment {
    pub(super) openai: Vendor,
    pub(super) anthropic: Vendor,
    pub(super) gemini: Vendor,
    /// Where Ollama listens, where not at its usual port.
    pub(super) ollama_host: Option<String>,
    pub(super) proxies: Proxies,
    pub(super) sealed: Sealed,
}

/// A vendor's key and address.
#[derive(Debug, Clone, Default)]
pub(super) struct Vendor {
    /// The key.
    pub(super) key: Found,
    /// Another address than the vendor's own.
    pub(super) base_url: Option<String>,
}

impl Environment {
    /// Reads the variables.
    pub(crate) fn read(sealed: Sealed) -> Self {
        Self::of(&variable, sealed)
    }

    /// The key of this name: the variable wins over the key store.
    pub(super) fn key(&self, name: &str) -> Found {
        first(&variable, &self.sealed, &[name])
    }

    pub(super) fn of(variable: &dyn Fn(&str) -> Option<String>, sealed: Sealed) -> Self {
        let vendor = |keys: &[&str], base_url: &str| Vendor {
            key: first(variable, &sealed, keys),
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
            sealed,
        }
    }
}

/// The first of these names that a variable has, else the first that the key store has.
fn first(variable: &dyn Fn(&str) -> Option<String>, sealed: &Sealed, names: &[&str]) -> Found {
    let set = names
        .iter()
        .find_map(|name| Some(Found::Yes(SecretString::from(variable(name)?), (*name).to_owned())));
    let kept = || names.iter().map(|name| sealed.find(name)).find(|found| !matches!(found, Found::No));
    set.or_else(kept).unwrap_or_default()
}

/// A variable that is set and not empty.
#[expect(clippy::disallowed_methods, reason = "the composition root reads the environment, once")]
pub(crate) fn variable(name: &str) -> Option<String> {
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
            let environment = Environment::of(&variable, Sealed::None);
            let found = |vendor: &Vendor| match &vendor.key {
                Found::Yes(key, from) => Some((key.expose_secret().to_owned(), from.clone())),
                Found::No | Found::Shut(_) => None,
            };
            assert_eq!(found(&environment.openai).map(|(key, _)| key).as_deref(), *openai);
            assert_eq!(found(&environment.gemini).map(|(_, from)| from).as_deref(), *gemini);
            let debug = format!("{environment:?}");
            assert!(!debug.contains("sk-1") && !debug.contains("g-2"), "{debug}");
        }
    }

    #[test]
    fn a_variable_wins_over_the_key_store_and_a_store_that_is_shut_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let place = || divisi_keys::MasterPlace::File(folder.path().join("master"));
        let store = divisi_keys::KeyStore::at(folder.path().join("keys.sealed"), place());
        let at = divisi_domain::time::Timestamp::from_millis(0);
        let kept = SecretString::from("sk-kept");
        store.set(&"GOOGLE_API_KEY".parse().unwrap(), &kept, at, &|| Ok([1; 32])).unwrap();
        let found = |set: Option<&str>, sealed: Sealed| {
            let variable = |name: &str| set.filter(|known| *known == name).map(|_| "sk-set".to_owned());
            match Environment::of(&variable, sealed).gemini.key {
                Found::Yes(key, from) => format!("{} from {from}", key.expose_secret()),
                Found::No => "none".to_owned(),
                Found::Shut(why) => why,
            }
        };
        assert_eq!(found(None, Sealed::of(&store)), "sk-kept from GOOGLE_API_KEY in the key store");
        assert_eq!(found(Some("GOOGLE_API_KEY"), Sealed::of(&store)), "sk-set from GOOGLE_API_KEY");
        assert_eq!(found(Some("GEMINI_API_KEY"), Sealed::of(&store)), "sk-set from GEMINI_API_KEY");
        std::fs::remove_file(folder.path().join("master")).unwrap();
        assert!(found(None, Sealed::of(&store)).contains("its master key is not there"));
        assert_eq!(found(Some("GEMINI_API_KEY"), Sealed::of(&store)), "sk-set from GEMINI_API_KEY");
        assert!(matches!(Sealed::of(&store).find("OPENAI_API_KEY"), Found::No), "names can be read without");
    }
}
