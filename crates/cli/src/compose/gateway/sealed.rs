//! Keys from the key store, for services whose variable is not set.

use divisi_keys::{KeyStore, Opened};
use secrecy::SecretString;

/// What is known of a key.
#[derive(Debug, Clone, Default)]
pub(crate) enum Found {
    /// There is none.
    #[default]
    No,
    /// It is there, and came from here.
    Yes(SecretString, String),
    /// It is kept, or may be, and cannot be opened: why, and what to do.
    Shut(String),
}

/// The key store, as far as it opens.
#[derive(Debug, Default)]
pub(crate) enum Sealed {
    /// There is none.
    #[default]
    None,
    /// It is open.
    Open(Opened),
    /// It does not open; these are the names in it, where they can be read.
    Shut { names: Option<Vec<String>>, why: String },
}

impl Sealed {
    /// Opens the store, if there is one.
    pub(crate) fn of(store: &KeyStore) -> Self {
        match store.open() {
            Ok(None) => Self::None,
            Ok(Some(opened)) => Self::Open(opened),
            Err(error) => {
                let lines = store.lines().ok();
                let names = lines.map(|lines| lines.into_iter().map(|line| line.name).collect());
                Self::Shut { names, why: error.to_string() }
            }
        }
    }

    /// The key of this name.
    pub(crate) fn find(&self, name: &str) -> Found {
        match self {
            Self::None => Found::No,
            Self::Open(opened) => match opened.key(name) {
                Ok(None) => Found::No,
                Ok(Some(key)) => Found::Yes(key, format!("{name} in the key store")),
                Err(error) => Found::Shut(error.to_string()),
            },
            Self::Shut { names: Some(names), .. } if !names.iter().any(|known| known == name) => Found::No,
            Self::Shut { why, .. } => Found::Shut(why.clone()),
        }
    }
}
