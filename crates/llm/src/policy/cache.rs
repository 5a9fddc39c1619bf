//! Answers that were given before: exact, by the hash of the whole canonical request, per workspace, for a while. Off unless
//! a crew asks for it, purpose by purpose. Where they lie is the store's affair.

use std::collections::BTreeMap;

use divisi_domain::model_step::Purpose;
use divisi_domain::time::Millis;
use serde::{Deserialize, Serialize};

/// For which purposes a crew wants the cache, and for how long. Nothing by default.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CachePolicy(BTreeMap<Purpose, Millis>);

impl CachePolicy {
    /// The policy that keeps answers of `purpose` for `keep`, too.
    #[must_use]
    pub fn with(mut self, purpose: Purpose, keep: Millis) -> Self {
        self.0.insert(purpose, keep);
        self
    }

    /// How long answers of a purpose are kept; `None` where they are not.
    pub fn keep(&self, purpose: Purpose) -> Option<Millis> {
        self.0.get(&purpose).copied().filter(|keep| keep.0 > 0)
    }

    /// Whether it keeps nothing at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_off_unless_asked_for() {
        let policy = CachePolicy::default();
        assert!(policy.is_empty() && Purpose::ALL.iter().all(|purpose| policy.keep(*purpose).is_none()));
        let policy = policy.with(Purpose::Analyse, Millis(5)).with(Purpose::Work, Millis(0));
        assert_eq!((policy.keep(Purpose::Analyse), policy.keep(Purpose::Work)), (Some(Millis(5)), None));
    }
}
